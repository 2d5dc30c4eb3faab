"""Cloud AI Art Studio: the saved images."""

import asyncio
import re
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from safelight.domain.errors import InvalidRecipe
from safelight.domain.picture import PictureRecord
from safelight.store.metadata import SIGNATURE, embed, read
from safelight.web.admitting import Caller
from safelight.web.body import body_of
from safelight.web.doors.early.addresses import absolute, moment
from safelight.web.doors.early.guarded import refusal
from safelight.web.doors.images import data_url, given
from safelight.web.doors.recipes import recipe_of
from safelight.web.doors.telling import router_of
from safelight.web.rooms import House

router = router_of(refusal)
PATHS = ("/saved-images", "/api/saved-images")
ID = re.compile(r"(pic_[0-9a-f]{24})(\.[a-z]{3,4})?")
UNITS = ("B", "KB", "MB", "GB", "TB")


class ToSave(BaseModel):
    """The body of a POST."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    image: str = Field(alias="imageData")
    filename: str | None = Field(default=None, max_length=255)
    prompt: str | None = None
    model: str | None = None


SaveBody = Annotated[ToSave, Depends(body_of(ToSave, what="an image to save", strict=False, images=True))]


async def listed(
    request: Request,
    house: House,
    access: Caller,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> JSONResponse:
    """The newest, and what all of them take."""
    page = await house.gallery.page(workspace=access.workspace, limit=limit, cursor=cursor)
    heap = await house.gallery.weight(workspace=access.workspace)
    storage = {"count": heap.count, "totalBytes": heap.bytes, "totalSize": spoken(heap.bytes)}
    images = [shown(picture, request) for picture in page.items]
    answer = {"success": True, "images": images, "count": len(images), "storage": storage}
    return JSONResponse({**answer, "nextCursor": page.next_cursor})


async def save(request: Request, house: House, access: Caller, wished: SaveBody) -> JSONResponse:
    """Keep an image that was made elsewhere."""
    _check_name(wished.filename)
    data = await asyncio.to_thread(_noted, wished)
    picture = await house.runner.pictures.take_in(data, workspace=access.workspace, caller=access.caller)
    return JSONResponse({"success": True, "image": shown(picture, request)}, status_code=201)


async def delete(
    house: House,
    access: Caller,
    id: Annotated[str | None, Query(max_length=255)] = None,
    filename: Annotated[str | None, Query(max_length=255)] = None,
) -> JSONResponse:
    """Put one into the trash, by its id or its file name."""
    matched = ID.fullmatch(id or filename or "")
    if matched is None:
        raise InvalidRecipe(
            "That names no saved image.",
            hint="Say ?id= or ?filename= as the list has them.",
            fields={"filename": "is none of the list's"},
        )
    picture = await house.runner.pictures.get(matched[1], workspace=access.workspace)
    await house.gallery.discard(picture.id, workspace=access.workspace)
    return JSONResponse({"success": True, "deleted": picture.id})


for path in PATHS:
    router.add_api_route(path, listed, methods=["GET"])
    router.add_api_route(path, save, methods=["POST"])
    router.add_api_route(path, delete, methods=["DELETE"])


def shown(picture: PictureRecord, request: Request) -> dict[str, Any]:
    """A saved image with what is known about it."""
    recipe = picture.recipe
    about: dict[str, Any] = {"prompt": "", "model": None, "steps": None, "guidance": None}
    if recipe is not None:
        drawn = {"model": recipe.model, "steps": recipe.steps, "guidance": recipe.guidance}
        about = {"prompt": recipe.prompt, **drawn}
    return {
        "id": picture.id,
        "filename": f"{picture.id}.{picture.media_type.removeprefix('image/')}",
        "url": absolute(picture.url, request),
        "thumbnailUrl": absolute(picture.thumbnail_url, request),
        "width": picture.width,
        "height": picture.height,
        "seed": picture.seed,
        "size": picture.bytes,
        "createdAt": moment(picture.created_at),
        **about,
    }


def spoken(size: float) -> str:
    """As `2.1 MB`."""
    for unit in UNITS:
        if size < 1024 or unit == UNITS[-1]:
            break
        size /= 1024
    return f"{size:.1f} {unit}" if unit != "B" else f"{round(size)} B"


def _check_name(name: str | None) -> None:
    """Files are named by the server; a name that would lead elsewhere was not meant well all the same."""
    if name is not None and (not name.strip() or re.search(r"[/\\\0]|^\.", name)):
        raise InvalidRecipe(
            "That is not a file name.", hint="Send it without folders.", fields={"filename": "is not a file name"}
        )


def _noted(wished: ToSave) -> bytes:
    """The image; where it is a PNG that says nothing of itself, with the prompt inside."""
    data = given(wished.image, field="image")
    data_url(data, field="image")
    if wished.prompt is None or not data.startswith(SIGNATURE) or read(data) is not None:
        return data
    return embed(data, recipe_of(prompt=wished.prompt, model=wished.model))
