"""The stream that two of the earlier front ends read: a frame for every step, `[DONE]`, and errors inside of it.

Ids name the generation and the event, so that an `EventSource` that connects again goes on where it was.
"""

import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

from PIL import Image

from safelight.domain.access import Access
from safelight.domain.errors import NotFound, SafelightError
from safelight.domain.events import TERMINAL, Stepped
from safelight.domain.picture import Picture
from safelight.jobs.feed import Feed
from safelight.store.records import GenerationRecord
from safelight.web.doors.following import events, finished_of, told
from safelight.web.doors.images import Format, base64, printed
from safelight.web.previews import Codec, Wish
from safelight.web.rooms import Rooms
from safelight.web.sse import EventStream

QUALITY = 85
REFUSED = "refused"
"""The id of a stream that only said why it was refused: whoever comes back with it is sent away for good."""
RETRY = b"retry: 1000\n"
DONE = "[DONE]"


@dataclass
class Frames:
    """One reader of one generation."""

    record: GenerationRecord
    house: Rooms
    access: Access

    async def stream(self, feed: Feed, *, after: int) -> AsyncGenerator[bytes, None]:
        """Frames after an event, and the finished picture as the last of them; raises as it failed."""
        image = base64(_grey())
        step, total = self.record.step, self.record.total
        # An id without data: it is remembered, and nothing is told of it.
        yield RETRY + f"id: {self._id(after)}\n\n".encode()
        if feed.ended and after == feed.last_id:
            yield self._done(after)
            return
        async with aclosing(events(feed, self.house, after=after)) as happening:
            async for id, event in happening:
                if event is None:
                    yield b": still here\n\n"
                elif isinstance(event, Stepped) and event.picture == 0:
                    step, total, image = event.step, event.total, await self._preview(event, feed) or image
                    # The last frame is the picture itself.
                    if step < total:
                        yield self._frame(id, step=step, total=total, image=image)
                elif isinstance(event, TERMINAL):
                    pictures = finished_of(event)
                    if pictures:
                        image = await self._finished(pictures[0])
                    yield self._frame(id, step=total or step, total=total, image=image)
                    yield self._done(id)

    def failing(self, error: SafelightError) -> Iterable[bytes]:
        yield message(_error(error), id=REFUSED)

    def _done(self, last: int) -> bytes:
        """With an id of its own: who heard the last frame and not this comes back for it."""
        return message(DONE, id=self._id(last + 1))

    def _id(self, event: int) -> str:
        return f"{self.record.id}.{event}"

    def _frame(self, id: int, *, step: int, total: int, image: str) -> bytes:
        progress = round(100 * step / total) if total else 100
        frame = {"step": step, "total_steps": total, "image": image, "progress": progress}
        return message(frame, id=self._id(id))

    async def _preview(self, event: Stepped, feed: Feed) -> str | None:
        frame = feed.frame(step=event.step, picture=event.picture)
        if frame is None:
            return None
        developed = await self.house.darkroom.develop(frame, Wish(codec=Codec.JPEG, quality=QUALITY))
        return base64(developed.data)

    async def _finished(self, picture: Picture) -> str:
        pixels = await self.house.runner.pictures.file(picture.id, workspace=self.access.workspace)
        return base64(await printed(pixels, Format.JPEG, quality=QUALITY))


async def streamed(record: GenerationRecord, house: Rooms, *, access: Access, after: int = 0) -> EventStream:
    """The answer that follows a generation."""
    feed = await house.runner.feed(record.id, access=access)
    frames = Frames(record, house, access)
    return EventStream(told(frames.stream(feed, after=after), failing=frames.failing))


def refused(error: SafelightError) -> EventStream:
    """A stream that says why there is none: an `EventSource` cannot read any other answer."""

    async def only() -> AsyncGenerator[bytes, None]:
        yield message(_error(error), id=REFUSED)

    return EventStream(only())


async def found(last_event_id: str, house: Rooms, *, access: Access) -> tuple[GenerationRecord, int] | None:
    """The generation that an id of ours names, and the event that was heard last; None where all was heard."""
    generation, _, event = last_event_id.rpartition(".")
    if not generation or not (event.isascii() and event.isdigit() and len(event) < 16):
        return None
    try:
        record = await house.runner.get(generation, access=access)
    except NotFound:
        return None
    feed = await house.runner.feed(generation, access=access)
    return None if feed.ended and int(event) > feed.last_id else (record, int(event))


def message(data: object, *, id: str) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return f"id: {id}\ndata: {text}\n\n".encode()


def _error(error: SafelightError) -> dict[str, Any]:
    return {"error": f"{error.detail} {error.hint}".strip(), "code": error.code, "hint": error.hint}


@lru_cache(maxsize=1)
def _grey() -> bytes:
    """A frame for steps before the first preview."""
    out = BytesIO()
    Image.new("RGB", (8, 8), "grey").save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
