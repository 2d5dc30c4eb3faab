"""Feeds that several servers share: what one of them tells, all can follow, each at its own pace.

A feed in memory stays what readers read. The server that draws copies its own into the shared log; the others fill
theirs from there. Nobody waits for Redis: while it is away, feeds go on where their generations are drawn, and what was
not told is told when it is back.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from safelight.domain.errors import Unreachable
from safelight.domain.events import Event
from safelight.jobs.feed import Budget, Feed
from safelight.jobs.feeds import Feeds
from safelight.jobs.shared_log import AT_ONCE, Entry, SharedLog
from safelight.jobs.teller import AGAIN_S, Teller

log = logging.getLogger(__name__)

FLUSH_S = 2.0
"""What others are still told when the server stops may take so long."""
CATCH_UP_S = 3.0
"""How long a reader waits for what was told before they came."""
GLANCE_S = 0.01


class SharedFeeds(Feeds[Event]):
    """
    Args:
        shared: where servers tell each other.
        kept_bytes, kept, budget: as for `Feeds`.
    """

    patience_s: ClassVar[float] = 3.0

    def __init__(
        self, shared: SharedLog, *, kept_bytes: int = 256 * 2**20, kept: int = 1000, budget: Budget | None = None
    ) -> None:
        super().__init__(kept_bytes=kept_bytes, kept=kept, budget=budget)
        self._shared = shared
        self._tellers: dict[str, Teller] = {}
        self._heard: dict[str, Feed] = {}
        self._more = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._forgetting: set[asyncio.Task[None]] = set()

    def open(self, generation: str, *, after: int = 0) -> Feed:
        self._heard.pop(generation, None)
        feed = super().open(generation, after=after)
        if generation not in self._tellers:
            teller = self._tellers[generation] = Teller(self._shared, feed)
            teller.task.add_done_callback(lambda _: self._be_silent(generation, teller))
        return feed

    def drop(self, generation: str) -> None:
        self._silence(generation)
        super().drop(generation)

    def end(self, feed: Feed, ending: Event) -> None:
        self._heard.pop(feed.generation, None)
        super().end(feed, ending)

    def mirror(self, generation: str) -> Feed:
        if feed := self.get(generation):
            return feed
        feed = super().mirror(generation)
        self.hear(feed)
        return feed

    def hears(self, generation: str) -> bool:
        return generation in self._heard

    def hear(self, feed: Feed) -> None:
        self._silence(feed.generation)
        if not feed.ended and feed.generation not in self._heard:
            self._heard[feed.generation] = feed
            self._more.set()
            self._listening = self._listening or asyncio.create_task(self._listen())

    async def catch_up(self, feed: Feed) -> None:
        with suppress(TimeoutError, Unreachable):
            async with asyncio.timeout(CATCH_UP_S):
                while self._heard.get(feed.generation) is feed and await self._read_on(feed) == AT_ONCE:
                    pass

    async def recall(self, generation: str) -> Feed | None:
        known = Feed(generation, budget=self._budget)
        with suppress(TimeoutError, Unreachable):
            async with asyncio.timeout(CATCH_UP_S):
                while not known.ended and await self._read_on(known) == AT_ONCE:
                    pass
        if known.ended:
            self._put_away(known)
        return known if known.last_id else None

    def forget(self, generation: str) -> None:
        super().forget(generation)
        task = asyncio.create_task(self._erase(generation))
        self._forgetting.add(task)
        task.add_done_callback(self._forgetting.discard)

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                while self._forgetting or any(teller.behind for teller in self._tellers.values()):  # noqa: ASYNC110
                    await asyncio.sleep(GLANCE_S)
        tasks = [teller.task for teller in self._tellers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._shared.close()

    async def _listen(self) -> None:
        """Put onto the feeds that are drawn elsewhere what is told of them, as it is told."""
        while True:
            self._more.clear()
            places = {generation: feed.last_id for generation, feed in self._heard.items()}
            if not places:
                await self._more.wait()
                continue
            reading = asyncio.create_task(self._read(places))
            joined = asyncio.create_task(self._more.wait())
            try:
                await asyncio.wait([reading, joined], return_when=asyncio.FIRST_COMPLETED)
            finally:
                reading.cancel()
                joined.cancel()

    async def _read(self, places: dict[str, int]) -> None:
        try:
            for generation, entries in (await self._shared.read(places, wait=True)).items():
                if feed := self._heard.get(generation):
                    self._take(feed, entries)
        except Unreachable:
            log.warning("what other servers draw cannot be followed while Redis is away")
            await asyncio.sleep(AGAIN_S)

    async def _read_on(self, feed: Feed) -> int:
        found = await self._shared.read({feed.generation: feed.last_id}, wait=False)
        entries = found.get(feed.generation, ())
        self._take(feed, entries)
        return len(entries)

    def _take(self, feed: Feed, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if feed.ended or entry.id <= feed.last_id:
                continue
            if entry.numbered is None:
                feed.skip(to=entry.id)
            else:
                feed.put(entry.numbered, frame=entry.frame)
        if feed.ended and feed.generation in self._heard:
            del self._heard[feed.generation]
            self._put_away(feed)

    def _silence(self, generation: str) -> None:
        if teller := self._tellers.pop(generation, None):
            teller.task.cancel()

    def _be_silent(self, generation: str, teller: Teller) -> None:
        if self._tellers.get(generation) is teller:
            del self._tellers[generation]

    async def _erase(self, generation: str) -> None:
        try:
            await self._shared.clear(generation)
        except Unreachable:
            log.warning("the shared log of %s goes by itself, as Redis is away", generation)
