"""Training is paid for in active time: a step that took longer was paused, and counts only up to a cap."""

from __future__ import annotations

import math
import time


class ActiveClock:
    """Counts the seconds of work against a budget, over any number of pauses and resumes."""

    def __init__(self, *, budget_s: float, spent_s: float = 0.0, cap_s: float = 5.0) -> None:
        self.budget_s = budget_s
        self.spent_s = spent_s
        self._cap_s = cap_s
        self._last = time.perf_counter()

    def tick(self) -> float:
        """Count the step that just ended; returns the part of the budget that is spent (0..1)."""
        now = time.perf_counter()
        self.spent_s += min(now - self._last, self._cap_s)
        self._last = now
        return self.progress

    def restart(self) -> None:
        """Leave what happened since the last tick (saving, drawing a grid) uncounted."""
        self._last = time.perf_counter()

    @property
    def progress(self) -> float:
        return min(self.spent_s / max(self.budget_s, 1e-9), 1.0)


def learning_rate(progress: float, step: int, *, peak: float, warm_up: int, hold: float = 0.3) -> float:
    """Linear warm-up over ``warm_up`` steps, flat until ``hold`` of the budget, then a half cosine to a hundredth."""
    warm = min(1.0, (step + 1) / max(warm_up, 1))
    falling = max(0.0, (progress - hold) / (1 - hold))
    return peak * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(falling, 1.0))))
