"""The feed: what happened to one generation, numbered, for any number of readers at any speed."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from safelight.domain.events import TERMINAL, Event, Gap, Stepped
from safelight.domain.pixels import Pixels


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event and its id; ids are from 1 and only grow."""

    id: int
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one feed may keep of its steps. Over it, the oldest steps go first."""

    frame_bytes: int = 64 * 1024 * 1024
    steps: int = 8192


class Feed:
    """One shared log. A reader is a number, not a queue, so a slow reader costs nothing and delays nobody.

    State events (all but `step`) are kept as long as the feed is. Steps are trimmed with their frames, oldest first,
    and a reader who needed them hears a `gap` instead.

    Args:
        generation: id of the generation that is told of.
        after: the last id that was already used, by a run before a restart for instance.
    """

    def __init__(self, generation: str, *, after: int = 0, budget: Budget | None = None) -> None:
        self.generation = generation
        self.last_id = after
        self.ended = False
        self.frame_bytes = 0
        self._budget = budget or Budget()
        self._events: dict[int, Event] = {}
        self._steps: deque[int] = deque()
        self._frames: dict[tuple[int, int], Pixels] = {}
        self._changed = asyncio.Event()

    def append(self, event: Event, *, frame: Pixels | None = None) -> Numbered:
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
        self.ended = isinstance(event, TERMINAL)
        self._wake()
        return Numbered(self.last_id, event)

    def next(self, *, after: int) -> Numbered | None:
        """The event that follows `after`, a `gap` where that one was trimmed, or None at the end of the log."""
        after = max(after, 0)
        if after >= self.last_id:
            return None
        if event := self._events.get(after + 1):
            return Numbered(after + 1, event)
        missing = min((kept for kept in self._events if kept > after), default=self.last_id + 1) - 1
        return Numbered(missing, Gap.model_validate({"from": after + 1, "to": missing}))

    async def changed(self) -> None:
        """Return at the next event. Call `next` before: what is there already does not count."""
        await self._changed.wait()

    async def follow(self, *, after: int = 0) -> AsyncGenerator[Numbered, None]:
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
