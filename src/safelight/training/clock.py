"""Training is paid for in active time: a step that took longer was paused, and counts only up to a cap."""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta
from datetime import time as TimeOfDay


class ActiveClock:
    """Counts the seconds of work against a budget, over any number of pauses and resumes.

    Args:
        ends_at: the time (seconds since 1970) at which all is spent, however much of it was pauses: what is left of the
            budget is then spread over the time that is left, so that the learning rate still comes down at the end.
    """

    def __init__(
        self, *, budget_s: float, spent_s: float = 0.0, cap_s: float = 5.0, ends_at: float | None = None
    ) -> None:
        self.budget_s = budget_s
        self.spent_s = spent_s
        self._cap_s = cap_s
        self._last = time.perf_counter()
        self._ends_at = ends_at
        self._begun_at = time.time()
        self._begun_with = self._worked

    def tick(self) -> float:
        """Count the step that just ended; returns the part of the budget that is spent (0..1)."""
        now = time.perf_counter()
        self.spent_s += min(now - self._last, self._cap_s)
        self._last = now
        return self.progress

    def restart(self) -> None:
        """Leave what happened since the last tick (saving, drawing a grid) uncounted."""
        self._last = time.perf_counter()

    def resume(self, spent_s: float) -> None:
        """Go on from what an earlier run had spent."""
        self.spent_s = spent_s
        self._begun_with, self._begun_at = self._worked, time.time()
        self.restart()

    @property
    def progress(self) -> float:
        """The part of the budget that is spent (0..1), or of the time if that is further on."""
        if self._ends_at is None:
            return self._worked
        gone = (time.time() - self._begun_at) / max(self._ends_at - self._begun_at, 1e-9)
        return min(max(self._worked, self._begun_with + (1 - self._begun_with) * gone), 1.0)

    @property
    def _worked(self) -> float:
        return min(self.spent_s / max(self.budget_s, 1e-9), 1.0)


def next_time(of_day: TimeOfDay, *, after: datetime) -> float:
    """The next such local time, in seconds since 1970."""
    today = after.replace(hour=of_day.hour, minute=of_day.minute, second=0, microsecond=0)
    return (today if today > after else today + timedelta(days=1)).timestamp()


def learning_rate(progress: float, step: int, *, peak: float, warm_up: int, hold: float = 0.3) -> float:
    """Linear warm-up over ``warm_up`` steps, flat until ``hold`` of the budget, then a half cosine to a hundredth."""
    warm = min(1.0, (step + 1) / max(warm_up, 1))
    falling = max(0.0, (progress - hold) / (1 - hold))
    return peak * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(falling, 1.0))))
