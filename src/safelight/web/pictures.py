"""Finished pictures."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.domain.picture import PictureRecord
from safelight.domain.recipe import Recipe
from safelight.web import problems
from safelight.web.generations import immutable
from safelight.web.rooms import House

router = APIRouter(prefix=f"{API}/pictures", tags=["pictures"], responses=problems.RESPONSES)

Id = Annotated[str, Path(max_length=100)]
IMAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {}, "image/webp": {}, "image/jpeg": {}}, "description": "The picture."},
    307: {"description": "It is fetched from the bucket or the content delivery network that `Location` leads to."},
}


class PictureList(Frozen):
    items: tuple[PictureRecord, ...]
    next_cursor: str | None


@router.get("")
async def listed(
    house: House,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> PictureList:
    """Pictures, newest first."""
    page = await house.runner.pictures.page(limit=limit, cursor=cursor)
    return PictureList(items=page.items, next_cursor=page.next_cursor)


@router.get("/{picture}")
async def shown(picture: Id, house: House) -> PictureRecord:
    """One picture and everything that is known about it."""
    return await house.runner.pictures.get(picture)


@router.get("/{picture}/file", response_class=Response, responses=IMAGE)
async def file(
    picture: Id,
    house: House,
    request: Request,
    download: Annotated[bool, Query(description="Save it instead of showing it.")] = False,
) -> Response:
    """The picture itself, with its recipe inside; or where it can be had for a while."""
    if not download and (link := await house.runner.pictures.link(picture)):
        return _elsewhere(link)
    record = await house.runner.pictures.get(picture)
    pixels = await house.runner.pictures.file(picture)
    how = "attachment" if download else "inline"
    disposition = f"{how}; filename*=UTF-8''{quote(record.file_name)}"
    return immutable(request, pixels.data, media_type=pixels.media_type, headers={"Content-Disposition": disposition})


@router.get("/{picture}/thumbnail", response_class=Response, responses=IMAGE)
async def thumbnail(picture: Id, house: House, request: Request) -> Response:
    """A small form of it, at most 256 pixels wide and high; or where it can be had for a while."""
    if link := await house.runner.pictures.link(picture, small=True):
        return _elsewhere(link)
    pixels = await house.runner.pictures.thumbnail(picture)
    return immutable(request, pixels.data, media_type=pixels.media_type)


@router.get("/{picture}/recipe")
async def recipe(picture: Id, house: House) -> Recipe:
    """The recipe that draws this picture again."""
    return (await house.runner.pictures.get(picture)).recipe


@router.delete("/{picture}", status_code=204, response_class=Response)
async def deleted(picture: Id, house: House) -> Response:
    """Remove it for good. Nothing happens when it is not there."""
    await house.runner.pictures.delete(picture)
    return Response(status_code=204)


def _elsewhere(link: str) -> Response:
    # Not kept: the address holds for a while only, and whoever may not ask any more must not find it either.
    return RedirectResponse(link, status_code=307, headers={"Cache-Control": "no-store"})
