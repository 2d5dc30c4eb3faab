"""What other servers on the same database draw: it can be followed here, stepped into and cancelled from here."""

import asyncio
from dataclasses import dataclass, field

from safelight.developing.endings import ending_of, over
from safelight.domain.errors import Conflict, NotReady, SafelightError
from safelight.domain.events import Event, Failed
from safelight.jobs.calls import Call, Calls, Stop
from safelight.jobs.feed import Feed
from safelight.jobs.feeds import Feeds
from safelight.store.pictures import Pictures
from safelight.store.records import GenerationRecord, Records

GONE = Failed(code="not_found", detail="It was deleted.", hint="GET /api/v1/generations lists what there is.")


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Looks at the rows now and then, so that an end is heard even where nobody tells it. The steps are told by the
    server that draws; ids of events are the same on all.

    Attributes:
        calls: to the other servers; without them each draws for itself.
    """

    records: Records
    pictures: Pictures
    feeds: Feeds
    calls: Calls | None = None
    _watched: dict[str, Feed] = field(default_factory=dict, init=False)
    _over_since: dict[str, float] = field(default_factory=dict, init=False)

    def watch(self, feed: Feed) -> None:
        """It was drawn here, and is drawn elsewhere from now on: what becomes of it will be told."""
        self.feeds.hear(feed)
        self._watched.setdefault(feed.generation, feed)

    async def follow(self, generation: str) -> Feed:
        """The feed of one that has not ended and is not drawn here, with what is known of it by now."""
        feed = self._watched.setdefault(generation, self.feeds.mirror(generation))
        await self.feeds.catch_up(feed)
        return feed

    def forget(self, generation: str) -> None:
        """It is drawn here from now on."""
        self._watched.pop(generation, None)

    async def ask(self, record: GenerationRecord, call: Call) -> bool:
        """Have it done by the server that draws it. Returns and raises as `Calls.ask`, and Conflict, NotReady."""
        if record.state.final:
            raise over(record)
        if self.calls is None:
            raise not_here()
        if record.owner is None:
            raise NotReady("Another server is about to go on with it.", hint="Try again in a moment.", retry_after=2)
        return await self.calls.ask(record.owner, call)

    async def hurry(self, record: GenerationRecord) -> None:
        """Tell the server that draws it of a cancel that stands in its row, which it would see by itself."""
        try:
            await self.ask(record, Stop(generation=record.id))
        except SafelightError:
            return

    async def look(self) -> None:
        """End the feeds of what has ended."""
        for generation in [generation for generation, feed in self._watched.items() if feed.ended]:
            self.forget(generation)
        if not (asked := tuple(self._watched)):
            self._over_since.clear()
            return
        found = {record.id: record for record in await self.records.several(asked)}
        for generation in asked:
            record = found.get(generation)
            if record is None:
                self._end(generation, GONE, last_event=0)
            elif record.state.final and self._told_too_late(generation):
                ending = ending_of(record, await self.pictures.of(generation))
                self._end(generation, ending, last_event=record.last_event)

    def _told_too_late(self, generation: str) -> bool:
        """Whether its end would be on the feed by now if somebody told it."""
        now = asyncio.get_running_loop().time()
        return now - self._over_since.setdefault(generation, now) >= self.feeds.patience_s

    def _end(self, generation: str, ending: Event, *, last_event: int) -> None:
        self._over_since.pop(generation, None)
        # It may have been taken up here meanwhile, or have been told.
        if (feed := self._watched.pop(generation, None)) and not feed.ended:
            feed.skip(to=last_event - 1)
            self.feeds.end(feed, ending)


def not_here() -> Conflict:
    return Conflict(
        "Another server draws this one.",
        hint="Give the servers a Redis (SAFELIGHT_REDIS_URL), or ask that server: a load balancer can send everything "
        "about one generation to the same one. Cancelling works from here too.",
    )
