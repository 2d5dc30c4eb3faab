"""Finished pictures."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response

from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.domain.picture import PictureRecord
from safelight.domain.recipe import Recipe
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.generations import immutable
from safelight.web.rooms import House

router = APIRouter(prefix=f"{API}/pictures", tags=["pictures"], responses=problems.RESPONSES)

Id = Annotated[str, Path(max_length=100)]
IMAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {}, "image/webp": {}, "image/jpeg": {}}, "description": "The picture."}
}


class PictureList(Frozen):
    items: tuple[PictureRecord, ...]
    next_cursor: str | None


@router.get("")
async def listed(
    house: House,
    access: Caller,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> PictureList:
    """Pictures, newest first."""
    page = await house.runner.pictures.page(workspace=access.workspace, limit=limit, cursor=cursor)
    return PictureList(items=page.items, next_cursor=page.next_cursor)


@router.get("/{picture}")
async def shown(picture: Id, house: House, access: Caller) -> PictureRecord:
    """One picture and everything that is known about it."""
    return await house.runner.pictures.get(picture, workspace=access.workspace)


@router.get("/{picture}/file", response_class=Response, responses=IMAGE)
async def file(
    picture: Id,
    house: House,
    access: Caller,
    request: Request,
    download: Annotated[bool, Query(description="Save it instead of showing it.")] = False,
) -> Response:
    """The picture itself, with its recipe inside."""
    record = await house.runner.pictures.get(picture, workspace=access.workspace)
    pixels = await house.runner.pictures.file(picture, workspace=access.workspace)
    how = "attachment" if download else "inline"
    disposition = f"{how}; filename*=UTF-8''{quote(record.file_name)}"
    return immutable(request, pixels.data, media_type=pixels.media_type, headers={"Content-Disposition": disposition})


@router.get("/{picture}/thumbnail", response_class=Response, responses=IMAGE)
async def thumbnail(picture: Id, house: House, access: Caller, request: Request) -> Response:
    """A small form of it, at most 256 pixels wide and high."""
    pixels = await house.runner.pictures.thumbnail(picture, workspace=access.workspace)
    return immutable(request, pixels.data, media_type=pixels.media_type)


@router.get("/{picture}/recipe")
async def recipe(picture: Id, house: House, access: Caller) -> Recipe:
    """The recipe that draws this picture again."""
    return (await house.runner.pictures.get(picture, workspace=access.workspace)).recipe


@router.delete("/{picture}", status_code=204, response_class=Response)
async def deleted(picture: Id, house: House, access: Caller) -> Response:
    """Remove it for good. Nothing happens when it is not there."""
    await house.runner.pictures.delete(picture, workspace=access.workspace)
    return Response(status_code=204)
