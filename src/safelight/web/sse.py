"""Feeds as Server-Sent Events."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from safelight.domain.batch_events import BatchEvent
from safelight.domain.events import Event, Frame, Stepped
from safelight.jobs.feed import Feed, Numbered
from safelight.web.previews import Cadence, Darkroom

Told = Event | BatchEvent
KEEP_ALIVE_S = 15.0
"""Silence after which a comment is sent, so that no proxy takes the line for dead."""
RETRY = b"retry: 1000\n\n"
MEDIA_TYPE = "text/event-stream"


def stream_content(event: str) -> dict[str, Any]:
    """A stream of events in the OpenAPI document.

    Args:
        event: the name of their schema.
    """
    data = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": f"#/components/schemas/{event}"},
    }
    fields = {"id": {"type": "string"}, "event": {"type": "string"}, "data": data}
    return {MEDIA_TYPE: {"itemSchema": {"type": "object", "properties": fields}}}


STREAM_CONTENT = stream_content("Event")


class EventStream(StreamingResponse):
    media_type = MEDIA_TYPE

    def __init__(self, content: AsyncGenerator[bytes, None], *, headers: dict[str, str] | None = None) -> None:
        unbuffered = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(content, headers={**unbuffered, **(headers or {})})
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A reader who goes while a chunk is being sent would leave the generator to the garbage collector, and with it
        # whatever is to happen when the reader is gone.
        async with aclosing(self._content):
            await super().__call__(scope, receive, send)


@dataclass(frozen=True, kw_only=True)
class View:
    """How one viewer sees a feed."""

    cadence: Cadence
    inline: bool
    darkroom: Darkroom

    async def of(self, event: Told, feed: Feed[Any]) -> Told:
        """The event as this viewer wished for it."""
        if not isinstance(event, Stepped) or event.frame is None:
            return event
        if not self.cadence.shows(step=event.step, total=event.total):
            return event.model_copy(update={"frame": None})
        return event.model_copy(update={"frame": await self._frame(event, event.frame, feed)})

    async def _frame(self, event: Stepped, frame: Frame, feed: Feed) -> Frame:
        wish = self.cadence.wish
        width, height = wish.scaled(frame.width, frame.height)
        query = wish.query()
        wished = {
            "url": f"{frame.url}{'&' if '?' in frame.url else '?'}{query}" if query else frame.url,
            "width": width,
            "height": height,
            "media_type": wish.media_type(frame.media_type),
            "data": await self._data(event, feed) if self.inline else None,
        }
        # What it shows is the same in every size.
        return frame.model_copy(update=wished)

    async def _data(self, event: Stepped, feed: Feed) -> str | None:
        kept = feed.frame(step=event.step, picture=event.picture)
        if kept is None:
            return None
        developed = await self.darkroom.develop(kept, self.cadence.wish)
        return b64encode(developed.data).decode()


def followed(feed: Feed[Any], *, after: int, view: View, stop: asyncio.Event) -> Response:
    """The feed from after an id; 204 where it has ended and there is nothing."""
    if feed.ended and after >= feed.last_id:
        return Response(status_code=204)
    return EventStream(stream(feed, after=after, view=view, stop=stop))


async def stream(
    feed: Feed[Any], *, after: int, view: View, stop: asyncio.Event, keep_alive_s: float = KEEP_ALIVE_S
) -> AsyncGenerator[bytes, None]:
    """The feed from after an id to its end, or until the server stops. A reader that does not read waits alone."""
    with feed.read(after=after) as reader:
        yield RETRY
        while not stop.is_set():
            if (numbered := feed.next(after=after)) is not None:
                after = numbered.id
                yield _encode(Numbered(numbered.id, await view.of(numbered.event, feed)))
                reader.at = after
            elif feed.ended:
                return
            elif not await first_of(feed.changed(), stop.wait(), seconds=keep_alive_s):
                yield b": still here\n\n"


async def ended(feed: Feed, *, seconds: float | None, stop: asyncio.Event) -> bool:
    """Wait until the feed ends, for `seconds` at most; False where that takes longer or the server stops before."""
    await first_of(feed.over(), stop.wait(), seconds=seconds)
    return feed.ended


async def first_of(*waits: Awaitable[object], seconds: float | None) -> bool:
    """Wait for whichever comes first, and for `seconds` at most; False when none came."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return bool(done)
    finally:
        for task in tasks:
            task.cancel()


def _encode(numbered: Numbered[Told]) -> bytes:
    data = numbered.event.model_dump_json(by_alias=True)
    return f"id: {numbered.id}\nevent: {numbered.event.kind}\ndata: {data}\n\n".encode()
