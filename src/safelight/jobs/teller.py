"""A teller copies one feed into the shared log. It reads the feed as everybody else does: at its own pace."""

import asyncio
import logging
from collections import deque

from safelight.domain.errors import Unreachable
from safelight.domain.events import Gap, Stepped
from safelight.jobs.feed import Budget, Feed
from safelight.jobs.shared_log import AT_ONCE, Entry, SharedLog, Superseded

log = logging.getLogger(__name__)

AGAIN_S = 0.5
"""Until Redis is asked again after it did not answer."""
SHARED = Budget(frame_bytes=16 * 2**20, steps=4096)
"""What the shared log keeps of one feed; over it, the oldest steps go first."""


class Teller:
    """
    Args:
        feed: of what this server draws; what is on it already was told by somebody else.
    """

    def __init__(self, shared: SharedLog, feed: Feed, *, budget: Budget = SHARED) -> None:
        self._shared = shared
        self._feed = feed
        self._budget = budget
        self._sent = feed.last_id
        self._kept = 0
        self._steps: deque[tuple[int, int]] = deque()
        self._frame_bytes = 0
        self.task = asyncio.create_task(self._tell())

    @property
    def behind(self) -> bool:
        """Whether there is something to tell."""
        return not self.task.done() and self._sent < self._feed.last_id

    async def _tell(self) -> None:
        """Until the feed ends, or somebody else tells of it."""
        try:
            while True:
                if entries := self._next():
                    await self._send(entries)
                elif self._feed.ended:
                    return
                else:
                    await self._feed.changed()
        except Superseded:
            log.info("another server tells of generation %s", self._feed.generation)

    def _next(self) -> list[Entry]:
        """What was not told yet, as much as is sent at a time."""
        entries: list[Entry] = []
        while len(entries) < AT_ONCE and (numbered := self._feed.next(after=self._sent_with(entries))) is not None:
            event = numbered.event
            if isinstance(event, Gap):
                if entries:
                    break
                self._sent = numbered.id
                continue
            stepped = isinstance(event, Stepped) and event.frame is not None
            frame = self._feed.frame(step=event.step, picture=event.picture) if stepped else None  # type: ignore[union-attr]
            entries.append(Entry(numbered.id, event, frame))
        return entries

    def _sent_with(self, entries: list[Entry]) -> int:
        return entries[-1].id if entries else self._sent

    async def _send(self, entries: list[Entry]) -> None:
        drop = self._too_old(entries)
        try:
            kept = await self._shared.add(self._feed.generation, entries, drop=drop)
            self._sent = entries[-1].id
            self._kept += len(entries) - len(drop)
            if kept < self._kept:
                # Redis has lost what it was told: it was restarted, or had to make room.
                await self._shared.clear(self._feed.generation)
                self._begin_anew()
        except Unreachable:
            await self._find_again()

    def _too_old(self, entries: list[Entry]) -> list[int]:
        """Steps that have to go for these."""
        for entry in entries:
            if isinstance(entry.event, Stepped):
                size = len(entry.frame.data) if entry.frame else 0
                self._steps.append((entry.id, size))
                self._frame_bytes += size
        drop: list[int] = []
        while len(self._steps) > self._budget.steps or self._frame_bytes > self._budget.frame_bytes:
            number, size = self._steps.popleft()
            self._frame_bytes -= size
            drop.append(number)
        return drop

    async def _find_again(self) -> None:
        """Wait for Redis, and go on after what it knows."""
        while True:
            await asyncio.sleep(AGAIN_S)
            try:
                top = await self._shared.top(self._feed.generation)
            except Unreachable:
                continue
            if top is None:
                self._begin_anew()
            elif top > self._feed.last_id:
                raise Superseded
            else:
                self._sent = top
            return

    def _begin_anew(self) -> None:
        self._sent = self._kept = self._frame_bytes = 0
        self._steps.clear()
