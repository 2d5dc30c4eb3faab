"""Feeds whose ids are moments: several servers tell of the same by themselves, and readers change between them."""

import time
from bisect import bisect_right
from datetime import datetime

from safelight.domain.events import Gap
from safelight.domain.pixels import Pixels
from safelight.jobs.feed import Budget, E, Feed, Numbered

SKEW_MS = 2000
"""By how much the clocks of two servers may differ, and how much later one may hear of something than the other."""


class Moments(Feed[E]):
    """Ids are milliseconds since 1970; what is told sooner after the last has the next number. Nothing is between them:
    there is a gap before the first alone. Of what another server told at about the same time, some is told again."""

    def __init__(self, generation: str, *, after: int = 0, budget: Budget | None = None) -> None:
        super().__init__(generation, after=after, budget=budget)
        self._ids: list[int] = []

    def append(self, event: E, *, frame: Pixels | None = None) -> Numbered[E]:
        self.last_id = max(self.last_id, _now() - 1)
        numbered = super().append(event, frame=frame)
        self._ids.append(numbered.id)
        return numbered

    def next(self, *, after: int) -> Numbered[E | Gap] | None:
        if after < self.begins_after:
            return Numbered(self.begins_after, Gap.model_validate({"from": after + 1, "to": self.begins_after}))
        place = bisect_right(self._ids, after)
        if place == len(self._ids):
            return None
        number = self._ids[place]
        return Numbered(number, self._events[number])

    def since(self, after: int) -> int:
        if after in self._events or after <= self.begins_after:
            return after
        return max(self.begins_after, min(after, self.last_id) - SKEW_MS)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _now() -> int:
    return time.time_ns() // 1_000_000
