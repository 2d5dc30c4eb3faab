"""A stream of partial images, each of them a look at what is being denoised, and of the finished ones."""

import json
from base64 import b64encode
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from safelight.domain.access import Access
from safelight.domain.errors import SafelightError
from safelight.domain.events import TERMINAL, Stepped
from safelight.domain.picture import Picture
from safelight.domain.recipe import Recipe
from safelight.jobs.feed import Feed
from safelight.web.doors.following import events, finished_of, now
from safelight.web.doors.images import printed
from safelight.web.doors.openai.answering import encoded, told, usage
from safelight.web.doors.openai.asking import ImagesWish
from safelight.web.rooms import Rooms

DONE = b"data: [DONE]\n\n"
PING = b": still here\n\n"
PREVIEW_QUALITY = 80


@dataclass
class Partials:
    """Which steps are shown: as many as were wished for, at equal distances over the way."""

    wished: int
    sent: dict[int, int] = field(default_factory=dict)
    """How many, by picture."""

    def next(self, event: Stepped) -> int | None:
        """The index of the partial image that this step is; None where it is none."""
        sent = self.sent.get(event.picture, 0)
        if event.frame is None or sent >= self.wished or event.step >= event.total:
            return None
        if event.step / event.total < (sent + 1) / (self.wished + 1):
            return None
        self.sent[event.picture] = sent + 1
        return sent


@dataclass(frozen=True, kw_only=True)
class Sending:
    """One stream.

    Attributes:
        kind: `image_generation` or `image_edit`.
    """

    kind: str
    wish: ImagesWish
    recipe: Recipe
    access: Access
    house: Rooms

    async def stream(self, feed: Feed) -> AsyncGenerator[bytes, None]:
        """The events; raises as the generation failed."""
        partials = Partials(self.wish.partial_images or 0)
        # At once: until the first image there may be a line to wait in, and nothing else tells that it was accepted.
        yield PING
        async with aclosing(events(feed, self.house)) as happening:
            async for _, event in happening:
                if event is None:
                    yield PING
                elif isinstance(event, Stepped) and (index := partials.next(event)) is not None:
                    if partial := await self._partial(event, index, feed):
                        yield partial
                elif isinstance(event, TERMINAL):
                    async for completed in self._completed(finished_of(event)):
                        yield completed
        yield DONE

    def failing(self, error: SafelightError) -> Iterable[bytes]:
        """What the SDK raises as an APIError."""
        yield _event("error", {"type": "error", "error": told(error)})
        yield DONE

    async def _partial(self, event: Stepped, index: int, feed: Feed) -> bytes | None:
        frame = feed.frame(step=event.step, picture=event.picture)
        if frame is None:
            return None
        opaque = self.wish.background == "opaque"
        data = await printed(frame, self.wish.form, quality=PREVIEW_QUALITY, opaque=opaque)
        where = {"image_index": event.picture, "step": event.step, "total_steps": event.total}
        more = {"partial_image_index": index, "progress": event.progress, **where}
        size = f"{self.recipe.width}x{self.recipe.height}"
        return self._image("partial_image", b64encode(data).decode(), size=size, **more)

    async def _completed(self, pictures: tuple[Picture, ...]) -> AsyncGenerator[bytes, None]:
        for index, picture in enumerate(pictures):
            image = await encoded(self.wish, picture, self.house, access=self.access)
            named = {} if self.wish.identifier is None else {"safety_identifier": self.wish.identifier}
            used = usage(self.recipe, (picture,), self.house)
            size = f"{picture.width}x{picture.height}"
            more = {"usage": used, "image_index": index, "seed": picture.seed, **named}
            yield self._image("completed", image, size=size, **more)

    def _image(self, what: str, image: str, *, size: str, **more: Any) -> bytes:
        kind = f"{self.kind}.{what}"
        quality = self.wish.quality if self.wish.quality in ("low", "medium", "high", "xhigh", "max") else "auto"
        about = {
            "type": kind,
            "b64_json": image,
            "created_at": now(),
            "background": self.wish.background or "auto",
            "output_format": self.wish.form,
            "quality": quality,
            "size": size,
        }
        return _event(kind, about | more)


def _event(kind: str, data: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
