"""Batches: many generations that are asked for at once, as a list or as a grid."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from safelight.domain.batch import Batch, BatchInFull, BatchWish
from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.body import body_of, sent
from safelight.web.generations import Key, LastEventId
from safelight.web.previews import Darkroom, parse_cadence
from safelight.web.rooms import House
from safelight.web.sse import EventStream, View, followed, stream_content

router = APIRouter(prefix=f"{API}/batches", tags=["batches"], responses=problems.RESPONSES)


class BatchList(Frozen):
    items: tuple[Batch, ...]
    next_cursor: str | None


class SheetFormat(StrEnum):
    """What a contact sheet is written as."""

    WEBP = "webp"
    PNG = "png"


TOLD = stream_content("BatchEvent")
VIEW = View(cadence=parse_cadence(""), inline=False, darkroom=Darkroom())
"""Cells have no previews; they are on the feeds of their generations."""
Id = Annotated[str, Path(max_length=100)]
Wish = Annotated[BatchWish, Depends(body_of(BatchWish, what="a batch"))]


@router.post("", status_code=202, openapi_extra=sent("BatchInput"))
async def submit(house: House, access: Caller, wish: Wish, response: Response, key: Key = None) -> Batch:
    """Draw a list of recipes, or every combination of a grid. All of it is accepted, or nothing."""
    batch = await house.batching.submit(wish, access=access, idempotency_key=key)
    response.headers["Location"] = batch.links.self
    return batch


@router.get("")
async def listed(
    house: House,
    access: Caller,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> BatchList:
    """Batches, newest first, without their cells."""
    page = await house.batching.page(access=access, limit=limit, cursor=cursor)
    return BatchList(items=page.items, next_cursor=page.next_cursor)


@router.get("/{batch}")
async def shown(batch: Id, house: House, access: Caller) -> BatchInFull:
    """A batch and each of its cells, as they stand at this moment."""
    return await house.batching.get(batch, access=access)


@router.delete("/{batch}")
async def cancelled(batch: Id, house: House, access: Caller) -> BatchInFull:
    """Draw nothing more of it. What has ended stays as it ended."""
    return await house.batching.cancel(batch, access=access)


@router.get(
    "/{batch}/events",
    status_code=200,
    response_class=EventStream,
    responses={
        200: {"content": TOLD, "description": "Every event after the given id, until the batch ends."},
        204: {"description": "The batch has ended and there is nothing after that id: do not connect again."},
    },
)
async def events(
    batch: Id,
    house: House,
    access: Caller,
    last_event_id: LastEventId = None,
    after: Annotated[int, Query(ge=0, description="As `Last-Event-ID`, which goes before it.")] = 0,
) -> Response:
    """Follow a batch: what becomes of its cells, with their pictures. Whoever comes late is told of all that have
    ended."""
    feed = await house.batching.feed(batch, access=access)
    # Ids begin at a moment, so that nothing is missing for who asks for all of them.
    since = feed.since(last_event_id or after or feed.begins_after)
    return followed(feed, after=since, view=VIEW, stop=house.stop)


@router.get(
    "/{batch}/grid",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}, "image/png": {}}, "description": "A contact sheet."}},
)
async def grid(
    batch: Id,
    house: House,
    access: Caller,
    image_format: Annotated[SheetFormat, Query(alias="format")] = SheetFormat.WEBP,
) -> Response:
    """The first picture of every cell side by side, with the values of the axes beside them."""
    sheet = await house.batching.sheet(batch, access=access, image_format=image_format.upper())
    return Response(sheet, media_type=f"image/{image_format}", headers={"Cache-Control": "no-cache"})
