"""All feeds that are kept in memory."""

from collections import OrderedDict

from safelight.domain.events import Event
from safelight.jobs.feed import Budget, Feed


class Feeds:
    """Running feeds stay; ended ones go, least recently read first, when their frames weigh too much together.

    Args:
        kept_bytes: what the frames of all ended feeds may weigh.
        kept: how many ended feeds stay at most.
        budget: what each feed may keep.
    """

    def __init__(self, *, kept_bytes: int = 256 * 1024 * 1024, kept: int = 1000, budget: Budget | None = None) -> None:
        self._kept_bytes = kept_bytes
        self._kept = kept
        self._budget = budget
        self._running: dict[str, Feed] = {}
        self._ended: OrderedDict[str, Feed] = OrderedDict()

    def open(self, generation: str, *, after: int = 0) -> Feed:
        """A new feed whose ids begin after the given one."""
        feed = self._running[generation] = Feed(generation, after=after, budget=self._budget)
        return feed

    def get(self, generation: str) -> Feed | None:
        if feed := self._running.get(generation):
            return feed
        if generation in self._ended:
            self._ended.move_to_end(generation)
        return self._ended.get(generation)

    def end(self, feed: Feed, ending: Event) -> None:
        """Append the terminal event; from now on the feed may be forgotten."""
        feed.append(ending)
        self._running.pop(feed.generation, None)
        self._ended[feed.generation] = feed
        self._evict()

    def drop(self, generation: str) -> None:
        """Forget a feed that was opened for nothing."""
        self._running.pop(generation, None)

    @property
    def ended_bytes(self) -> int:
        return sum(feed.frame_bytes for feed in self._ended.values())

    def _evict(self) -> None:
        weight = self.ended_bytes
        while self._ended and (weight > self._kept_bytes or len(self._ended) > self._kept):
            _, feed = self._ended.popitem(last=False)
            weight -= feed.frame_bytes


def recalled(generation: str, *, ending: Event, last_id: int) -> Feed:
    """A feed that was forgotten, rebuilt from its record: a gap for whoever missed something, then its end."""
    feed = Feed(generation, after=max(last_id, 1) - 1)
    feed.append(ending)
    return feed
