"""Generations: one recipe each on its way to pictures."""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from hashlib import blake2b
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from safelight.domain.errors import NotFound
from safelight.domain.frozen import Frozen
from safelight.domain.generation import CellOf, Generation, Links, Priority, State
from safelight.domain.links import API, events_url, generation_url
from safelight.domain.picture import Picture
from safelight.domain.recipe import Recipe
from safelight.domain.webhook import Webhook
from safelight.jobs.feed import Feed
from safelight.store.records import GenerationRecord
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.body import body_of, sent
from safelight.web.previews import Codec, Wish, parse_cadence
from safelight.web.rooms import House, Rooms
from safelight.web.sse import MEDIA_TYPE, STREAM_CONTENT, EventStream, View, ended, followed, stream

WAIT_LIMIT_S = 300
IMMUTABLE = "public, max-age=31536000, immutable"
OWN_IMMUTABLE = "private, max-age=31536000, immutable"
"""The same for what is not everybody's: no cache that others share may keep it."""


def router_of() -> APIRouter:
    """One for routes under this address."""
    return APIRouter(prefix=f"{API}/generations", tags=["generations"], responses=problems.RESPONSES)


router = router_of()


class GenerationList(Frozen):
    items: tuple[Generation, ...]
    next_cursor: str | None


Disconnect = Annotated[
    str,
    Query(
        pattern=r"^(continue|cancel|cancel_after:\d{1,5}s)$",
        description="What becomes of it when whoever reads its one-shot stream goes away: `continue`, `cancel`, or "
        "`cancel_after:30s`, unless somebody follows it by then.",
    ),
]
Id = Annotated[str, Path(max_length=100)]
Preview = Annotated[
    str, Query(max_length=200, description="Wish for the previews, like `every:2,size:256,codec:jpeg|webp|png|none`.")
]
Inline = Annotated[bool, Query(description="Send each preview inside its event, in base64.")]
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]
LastEventId = Annotated[int | None, Header(alias="Last-Event-ID", ge=0)]

SUBMITTED: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Generation,
        "content": STREAM_CONTENT,
        "description": "The generation, ended within `Prefer: wait`; or its events.",
    },
    202: {"model": Generation, "description": "Accepted: it is kept and will be drawn, whatever happens."},
}

CANCELLED: dict[int | str, dict[str, Any]] = {
    202: {"model": Generation, "description": "Asked for: another server draws it, and its events will tell."}
}


class Submission(Recipe):
    """A recipe; and what is not part of it: who is told how it ends, and when its turn comes."""

    webhook: Webhook | None = None
    priority: Priority = Priority.NORMAL
    """Within its workspace; `high` is for admins, and keys with the scope `hurry`."""

    @property
    def recipe(self) -> Recipe:
        """The recipe alone, valid as it is."""
        fields = {name: getattr(self, name) for name in Recipe.model_fields}
        return Recipe.model_construct(self.model_fields_set - {"webhook", "priority"}, **fields)


SubmissionBody = Annotated[Submission, Depends(body_of(Submission, what="a recipe"))]


@router.post("", status_code=202, response_model=Generation, responses=SUBMITTED, openapi_extra=sent("SubmissionInput"))
async def submit(
    request: Request,
    house: House,
    access: Caller,
    sent_in: SubmissionBody,
    key: Key = None,
    prefer: Annotated[str, Header()] = "",
    preview: Preview = "",
    inline: Inline = False,
    disconnect: Disconnect = "continue",
) -> Response:
    """Draw a recipe: 202 and its address; the pictures with `Prefer: wait=60`; or its events with
    `Accept: text/event-stream`."""
    view = View(cadence=parse_cadence(preview), inline=inline, darkroom=house.darkroom)
    webhooks = [sent_in.webhook] if sent_in.webhook else []
    record = await house.runner.submit(
        sent_in.recipe, access=access, idempotency_key=key, webhooks=webhooks, priority=sent_in.priority
    )
    headers = {"Location": generation_url(record.id), "X-Generation-Id": record.id}
    if MEDIA_TYPE in request.headers.get("accept", ""):
        feed = await house.runner.feed(record.id, access=access)
        events = _one_shot(feed, house, view=view, disconnect=disconnect)
        return EventStream(events, headers=headers)
    status = 202
    if (seconds := wait_of(prefer)) is not None:
        headers["Preference-Applied"] = f"wait={seconds}"
        if await ended(await house.runner.feed(record.id, access=access), seconds=seconds, stop=house.stop):
            status = 200
        record = await house.runner.get(record.id, access=access)
    generation = await shown_now(record, house)
    return JSONResponse(generation.model_dump(mode="json"), status_code=status, headers=headers)


@router.get("")
async def listed(
    house: House,
    access: Caller,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> GenerationList:
    """Generations, newest first."""
    page = await house.runner.records.page(workspace=access.workspace, state=state, limit=limit, cursor=cursor)
    records = [house.runner.live(record) for record in page.items]
    pictures = await house.runner.pictures.of_many([record.id for record in records])
    items = tuple(_generation(record, pictures.get(record.id, ()), house) for record in records)
    return GenerationList(items=items, next_cursor=page.next_cursor)


@router.get("/{generation}")
async def shown(generation: Id, house: House, access: Caller) -> Generation:
    """One generation as it stands at this moment."""
    return await shown_now(await house.runner.get(generation, access=access), house)


@router.delete("/{generation}", responses=CANCELLED)
async def cancelled(generation: Id, house: House, access: Caller, response: Response) -> Generation:
    """Cancel it, waiting or running. What has ended stays as it ended."""
    record = await house.runner.cancel(generation, access=access)
    response.status_code = 200 if record.state.final else 202
    return await shown_now(record, house)


@router.get(
    "/{generation}/events",
    status_code=200,
    response_class=EventStream,
    responses={
        200: {"content": STREAM_CONTENT, "description": "Every event after the given id, until the generation ends."},
        204: {"description": "The generation has ended and there is nothing after that id: do not connect again."},
    },
)
async def events(
    generation: Id,
    house: House,
    access: Caller,
    last_event_id: LastEventId = None,
    after: Annotated[int, Query(ge=0, description="As `Last-Event-ID`, which goes before it.")] = 0,
    preview: Preview = "",
    inline: Inline = False,
) -> Response:
    """Follow a generation, from its beginning or from where the connection was lost."""
    view = View(cadence=parse_cadence(preview), inline=inline, darkroom=house.darkroom)
    feed = await house.runner.feed(generation, access=access)
    after = after if last_event_id is None else last_event_id
    return followed(feed, after=after, view=view, stop=house.stop)


@router.get(
    "/{generation}/frames/{step}",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}, "image/jpeg": {}, "image/png": {}}, "description": "The preview."}},
)
async def frame(
    generation: Id,
    step: Annotated[int, Path(ge=1)],
    house: House,
    access: Caller,
    request: Request,
    picture: Annotated[int, Query(ge=0)] = 0,
    size: Annotated[int | None, Query(ge=16, le=2048, description="Of the longer side; never enlarged.")] = None,
    codec: Codec | None = None,
) -> Response:
    """The preview of one step. It never changes."""
    kept = (await house.runner.feed(generation, access=access)).frame(step=step, picture=picture)
    if kept is None:
        raise NotFound(
            f"There is no preview of step {step} of picture {picture}.",
            hint="Previews are kept in memory for a while only, and a busy engine leaves some out.",
        )
    developed = await house.darkroom.develop(kept, Wish(size=size, codec=codec))
    return immutable(request, developed.data, media_type=developed.media_type)


def immutable(request: Request, data: bytes, *, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """An answer that may be cached for ever; 304 when the client has it already."""
    tag = f'"{blake2b(data, digest_size=12).hexdigest()}"'
    always = {"ETag": tag, "Cache-Control": OWN_IMMUTABLE, "Vary": "Authorization, Cookie, X-API-Key"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=always)
    return Response(data, media_type=media_type, headers={**always, **(headers or {})})


async def _one_shot(feed: Feed, house: Rooms, *, view: View, disconnect: str) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(stream(feed, after=0, view=view, stop=house.stop)) as chunks:
            async for chunk in chunks:
                yield chunk
    finally:
        if disconnect == "cancel" and not house.stop.is_set():
            house.runner.stop(feed.generation)
        elif found := re.search(r"\d+", disconnect):
            house.runner.abandon(feed.generation, seconds=int(found[0]))


def wait_of(prefer: str) -> int | None:
    """Seconds of `Prefer: wait=60` (RFC 7240). What is not understood is ignored, as the RFC says."""
    found = re.search(r'(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)', prefer, re.IGNORECASE)
    return min(int(found[1]), WAIT_LIMIT_S) if found else None


async def shown_now(record: GenerationRecord, house: Rooms) -> Generation:
    return _generation(record, await house.runner.pictures.of(record.id), house)


def _generation(record: GenerationRecord, pictures: Sequence[Picture], house: Rooms) -> Generation:
    return Generation(
        id=record.id,
        state=record.state,
        recipe=record.recipe,
        priority=record.priority,
        position=house.runner.ahead(record.id),
        created_at=record.created_at,
        started_at=record.started_at,
        ended_at=record.ended_at,
        step=record.step,
        total=record.total,
        pictures=tuple(pictures),
        error=record.error,
        branch_of=record.branch_of,
        cell=None if record.batch is None else CellOf(batch=record.batch, index=record.cell or 0),
        links=Links(self=generation_url(record.id), events=events_url(record.id)),
    )
