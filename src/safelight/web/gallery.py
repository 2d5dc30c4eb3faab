"""The gallery: pictures found, sorted and dealt with in numbers."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from safelight.domain.access import Access
from safelight.domain.errors import InvalidRecipe
from safelight.domain.frozen import Frozen
from safelight.domain.gallery import (
    BULK_LIMIT,
    Action,
    Bulk,
    Comparison,
    Counted,
    Done,
    PictureId,
    Wanted,
    differences,
)
from safelight.domain.links import API
from safelight.domain.picture import PictureRecord
from safelight.store.cursor import LIMIT
from safelight.store.likeness import pixel_difference
from safelight.store.zips import zipped
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.body import body_of, sent
from safelight.web.permissions import DELETE, DRAW
from safelight.web.rooms import House, Rooms
from safelight.web.saving import disposition

router = APIRouter(prefix=f"{API}/pictures", tags=["pictures"], responses=problems.RESPONSES)

ZIP = "application/zip"
EXPORT: dict[int | str, dict[str, Any]] = {
    200: {"content": {ZIP: {}}, "description": "The pictures, and `recipes.json` with all that is known about them."}
}


class Listing(Wanted):
    """Which pictures, and which page of them."""

    limit: int = Field(default=50, ge=1, le=LIMIT)
    cursor: str | None = Field(default=None, max_length=500)


class PictureList(Frozen):
    items: tuple[PictureRecord, ...]
    next_cursor: str | None


class CountedList(Frozen):
    items: tuple[Counted, ...]
    next_cursor: str | None = None


class BulkResult(Frozen):
    """What became of each picture, in the order of their ids."""

    results: tuple[Done, ...]


class Chosen(Frozen):
    """Pictures by their ids."""

    ids: Annotated[tuple[PictureId, ...], Field(min_length=1, max_length=BULK_LIMIT)]


@router.get("")
async def listed(house: House, access: Caller, wanted: Annotated[Listing, Query()]) -> PictureList:
    """Search the pictures: words, filters, newest or oldest first."""
    page = await house.gallery.page(wanted, workspace=access.workspace, limit=wanted.limit, cursor=wanted.cursor)
    return PictureList(items=page.items, next_cursor=page.next_cursor)


@router.get("/tags")
async def tags(house: House, access: Caller) -> CountedList:
    """Every tag with the number of its pictures, the most used first."""
    return CountedList(items=await house.gallery.tags(workspace=access.workspace))


@router.get("/folders")
async def folders(house: House, access: Caller) -> CountedList:
    """Every folder with the number of its pictures, the fullest first."""
    return CountedList(items=await house.gallery.folders(workspace=access.workspace))


@router.post("/bulk", openapi_extra=sent("Bulk"))
async def bulk(
    house: House, access: Caller, wanted: Annotated[Bulk, Depends(body_of(Bulk, what="a bulk action"))]
) -> BulkResult:
    """Tag, untag, mark, move, delete or restore up to 1000 pictures. What cannot be done with one of them does not
    keep it from being done with the others."""
    (DELETE if wanted.action is Action.DELETE else DRAW).check(access)
    return BulkResult(results=await house.gallery.do(wanted, workspace=access.workspace))


@router.get("/compare")
async def compared(
    house: House,
    access: Caller,
    ids: Annotated[str, Query(max_length=200, description="Two ids, with a comma between them.")],
) -> Comparison:
    """Two pictures side by side: where their recipes differ, and how far apart their pixels are."""
    both = ids.split(",")
    if len(both) != 2:
        raise InvalidRecipe(
            "Two pictures can be compared.", hint="?ids=pic_…,pic_…", fields={"ids": "must be two ids with a comma"}
        )
    pictures, workspace = house.runner.pictures, access.workspace
    first, second = [await pictures.get(one.strip(), workspace=workspace) for one in both]
    one, other = [await pictures.file(picture.id, workspace=workspace) for picture in (first, second)]
    pixels = await asyncio.to_thread(pixel_difference, one.data, other.data)
    return Comparison(recipe=differences(first.recipe, second.recipe), pixels=pixels)


@router.get("/export", response_class=Response, responses=EXPORT)
async def exported(house: House, access: Caller, wanted: Annotated[Wanted, Query()]) -> Response:
    """Everything that a search finds, as one zip."""
    return _zip(house, access, house.gallery.all(wanted, workspace=access.workspace))


@router.post("/export", response_class=Response, responses=EXPORT, openapi_extra=sent("Chosen"))
async def exported_by_id(
    house: House, access: Caller, chosen: Annotated[Chosen, Depends(body_of(Chosen, what="an export"))]
) -> Response:
    """Up to 1000 pictures by their ids, as one zip."""
    return _zip(house, access, _each(await house.gallery.some(chosen.ids, workspace=access.workspace)))


async def _each(pictures: tuple[PictureRecord, ...]) -> AsyncGenerator[PictureRecord, None]:
    for picture in pictures:
        yield picture


def _zip(house: Rooms, access: Access, chosen: AsyncGenerator[PictureRecord, None]) -> Response:
    name = f"safelight_{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}.zip"
    pieces = zipped(house.runner.pictures, chosen, workspace=access.workspace)
    return StreamingResponse(pieces, media_type=ZIP, headers=disposition(name, download=True))
