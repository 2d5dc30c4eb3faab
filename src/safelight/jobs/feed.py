"""The feed: what happened to one generation, numbered, for any number of readers at any speed."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic

from typing_extensions import TypeVar

from safelight.domain.batch_events import BatchEnded
from safelight.domain.events import TERMINAL, Event, Gap, Stepped
from safelight.domain.frozen import Frozen
from safelight.domain.pixels import Pixels

E = TypeVar("E", bound=Frozen, default=Event)
E_co = TypeVar("E_co", bound=Frozen, covariant=True, default=Event)


@dataclass(frozen=True, slots=True)
class Numbered(Generic[E_co]):
    """An event and its id; ids are from 1 and only grow."""

    id: int
    event: E_co


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one feed may keep of its steps. Over it, the oldest steps go first."""

    frame_bytes: int = 64 * 1024 * 1024
    steps: int = 8192


Heard = Callable[[str, E, int | None], None]
"""Hears of an event: of which feed, what, and the bytes of its frame."""


@dataclass(eq=False, slots=True)
class Reader:
    """Somebody who follows a feed, and the last id that they were sent."""

    at: int = 0


class Feed(Generic[E]):
    """One shared log. A reader is a number, not a queue, so a slow reader costs nothing and delays nobody.

    State events (all but `step`) are kept as long as the feed is. Steps are trimmed with their frames, oldest first,
    and a reader who needed them hears a `gap` instead.

    Args:
        generation: id of the generation that is told of; or of a batch.
        after: the last id that was already used, by a run before a restart for instance.
    """

    def __init__(self, generation: str, *, after: int = 0, budget: Budget | None = None) -> None:
        self.generation = generation
        self.last_id = self.begins_after = after
        self.ended = False
        self.frame_bytes = 0
        self.heard: Heard[E] | None = None
        """Hears of every event that is told here; set by whoever counts them."""
        self._readers: set[Reader] = set()
        self._budget = budget or Budget()
        self._events: dict[int, E] = {}
        self._steps: deque[int] = deque()
        self._frames: dict[tuple[int, int], Pixels] = {}
        self._changed = asyncio.Event()

    @contextmanager
    def read(self, *, after: int = 0) -> Iterator[Reader]:
        """Count as somebody who follows it, from an id on; they say how far they are."""
        reader = Reader(after)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.remove(reader)

    @property
    def readers(self) -> int:
        """How many follow it."""
        return len(self._readers)

    @property
    def lag(self) -> int:
        """Events that the slowest of them has not been sent yet."""
        return self.last_id - min((max(reader.at, self.begins_after) for reader in self._readers), default=self.last_id)

    def append(self, event: E, *, frame: Pixels | None = None) -> Numbered[E]:
        """Number an event and wake the readers. A terminal event ends the feed, and nothing follows it."""
        if self.ended:
            raise ValueError(f"the feed of {self.generation} has ended")
        self.last_id += 1
        self._events[self.last_id] = event
        if isinstance(event, Stepped):
            self._steps.append(self.last_id)
            if frame is not None:
                self._keep(event, frame)
            self._trim()
        self.ended = isinstance(event, (*TERMINAL, BatchEnded))
        self._wake()
        if self.heard is not None:
            self.heard(self.generation, event, None if frame is None else len(frame.data))
        return Numbered(self.last_id, event)

    def put(self, numbered: Numbered[E], *, frame: Pixels | None = None) -> None:
        """Append an event under the id that it was given elsewhere; what is between is missing here."""
        self.last_id = max(self.last_id, numbered.id - 1)
        self.append(numbered.event, frame=frame)

    def next(self, *, after: int) -> Numbered[E | Gap] | None:
        """The event that follows `after`, a `gap` where that one was trimmed, or None at the end of the log."""
        after = max(after, 0)
        if after >= self.last_id:
            return None
        if event := self._events.get(after + 1):
            return Numbered(after + 1, event)
        missing = min((kept for kept in self._events if kept > after), default=self.last_id + 1) - 1
        return Numbered(missing, Gap.model_validate({"from": after + 1, "to": missing}))

    def since(self, after: int) -> int:
        """The id after which a reader goes on here that has `after` from this or another server."""
        return after

    def skip(self, *, to: int) -> None:
        """The ids up to this one are given out elsewhere."""
        self.last_id = max(self.last_id, to)
        self._wake()

    async def over(self) -> None:
        """Return when it has ended."""
        while not self.ended:
            await self.changed()

    async def changed(self) -> None:
        """Return at the next event. Call `next` before: what is there already does not count."""
        await self._changed.wait()

    async def follow(self, *, after: int = 0) -> AsyncGenerator[Numbered[E | Gap], None]:
        """Every event after the given id, as it happens; ends after the terminal event."""
        while True:
            if (numbered := self.next(after=after)) is not None:
                after = numbered.id
                yield numbered
            elif self.ended:
                return
            else:
                await self.changed()

    def frame(self, *, step: int, picture: int = 0) -> Pixels | None:
        """The preview after a step, or None where there never was one or it was trimmed."""
        return self._frames.get((picture, step))

    def _keep(self, event: Stepped, frame: Pixels) -> None:
        self._frames[event.picture, event.step] = frame
        self.frame_bytes += len(frame.data)

    def _trim(self) -> None:
        while len(self._steps) > self._budget.steps or self.frame_bytes > self._budget.frame_bytes:
            oldest = self._events.pop(self._steps.popleft())
            assert isinstance(oldest, Stepped)
            if frame := self._frames.pop((oldest.picture, oldest.step), None):
                self.frame_bytes -= len(frame.data)

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
