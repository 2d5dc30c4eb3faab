"""All feeds that are kept in memory."""

from collections import OrderedDict
from typing import ClassVar, Generic

from safelight.domain.events import Event
from safelight.jobs.feed import Budget, E, Feed, Numbered


class Feeds(Generic[E]):
    """Running feeds stay; ended ones go, least recently read first, when their frames weigh too much together.

    Args:
        kept_bytes: what the frames of all ended feeds may weigh.
        kept: how many ended feeds stay at most.
        budget: what each feed may keep.
        kind: of which they are.

    What other servers tell is heard by `SharedFeeds`; here, nobody else tells anything.
    """

    patience_s: ClassVar[float] = 0.0
    """How long the end of what another server draws may take to arrive by itself."""

    def __init__(
        self,
        *,
        kept_bytes: int = 256 * 1024 * 1024,
        kept: int = 1000,
        budget: Budget | None = None,
        kind: type[Feed[E]] = Feed,
    ) -> None:
        self._kept_bytes = kept_bytes
        self._kept = kept
        self._budget = budget
        self._kind = kind
        self._running: dict[str, Feed[E]] = {}
        self._ended: OrderedDict[str, Feed[E]] = OrderedDict()

    def open(self, generation: str, *, after: int = 0) -> Feed[E]:
        """A feed whose ids begin after the given one: a new one, unless it was followed already while another server
        drew."""
        if feed := self._running.get(generation):
            feed.skip(to=after)
            return feed
        self._ended.pop(generation, None)
        feed = self._running[generation] = self._kind(generation, after=after, budget=self._budget)
        return feed

    def get_running(self, generation: str) -> Feed[E] | None:
        return self._running.get(generation)

    def get(self, generation: str) -> Feed[E] | None:
        if feed := self._running.get(generation):
            return feed
        if generation in self._ended:
            self._ended.move_to_end(generation)
        return self._ended.get(generation)

    def end(self, feed: Feed[E], ending: E) -> None:
        """Append the terminal event; from now on the feed may be forgotten."""
        feed.append(ending)
        self._put_away(feed)

    def mirror(self, generation: str) -> Feed[E]:
        """The feed of what another server draws, or has drawn."""
        return self.get(generation) or Feeds.open(self, generation)

    def hears(self, generation: str) -> bool:
        """Whether its feed is filled by what another server tells."""
        return False

    def hear(self, feed: Feed[E]) -> None:
        """It is drawn elsewhere from now on: tell nobody of it, and listen to those who do."""

    async def catch_up(self, feed: Feed[E]) -> None:
        """Put onto a feed what has been told of it elsewhere until now."""

    async def recall(self, generation: str) -> Feed[E] | None:
        """What was told elsewhere of a generation that has ended, where that is still known."""
        return None

    async def close(self) -> None:
        """Let others have what was not told them yet."""

    def drop(self, generation: str) -> None:
        """Forget a feed that was opened for nothing."""
        self._running.pop(generation, None)

    @property
    def followed(self) -> tuple[Feed[E], ...]:
        """Those that somebody follows at this moment."""
        return tuple(feed for feed in (*self._running.values(), *self._ended.values()) if feed.readers)

    @property
    def ended(self) -> tuple[str, ...]:
        """The generations whose ended feeds are still there."""
        return tuple(self._ended)

    def forget(self, generation: str) -> None:
        """Forget a feed that has ended. Idempotent."""
        self._ended.pop(generation, None)

    @property
    def ended_bytes(self) -> int:
        return sum(feed.frame_bytes for feed in self._ended.values())

    def _put_away(self, feed: Feed[E]) -> None:
        self._running.pop(feed.generation, None)
        self._ended[feed.generation] = feed
        self._evict()

    def _evict(self) -> None:
        weight = self.ended_bytes
        while self._ended and (weight > self._kept_bytes or len(self._ended) > self._kept):
            _, feed = self._ended.popitem(last=False)
            weight -= feed.frame_bytes


def recalled(generation: str, *, ending: Event, last_id: int, known: Feed | None = None) -> Feed:
    """A feed that was forgotten, rebuilt from its record and from what is known of it: a gap for whoever missed
    something else, then its end."""
    feed = known or Feed(generation, after=max(last_id, 1) - 1)
    if not feed.ended:
        feed.put(Numbered(max(last_id, feed.last_id + 1), ending))
    return feed
