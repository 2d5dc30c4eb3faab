"""How many replicas there should be: by the evaluations that wait, not by the requests, which may be short or long."""

import math
from typing import Any

EVALUATIONS, PER_SECOND = "evaluations", "evaluations_per_second"
FIRST_GUESS = 4.0
"""Evaluations a second of a replica that has not been measured yet."""
OF_ORDER = 25.0
"""Evaluations of an order of which nothing is known but that it waits."""


class ByEvaluations:
    """Ray Serve's autoscaling policy. Its bounds, factors and delays are applied to what this says.

    Args:
        target_s: seconds of work that each replica should have before it.
    """

    def __init__(self, target_s: float = 30.0) -> None:
        self._target_s = target_s

    def __call__(self, context: Any) -> tuple[float, dict[str, Any]]:
        metrics = context.aggregated_metrics or {}
        left = sum(metrics.get(EVALUATIONS, {}).values())
        measured = [rate for rate in metrics.get(PER_SECOND, {}).values() if rate > 0]
        rate = sum(measured) / len(measured) if measured else FIRST_GUESS
        waiting = (context.total_queued_requests or 0.0) * OF_ORDER
        return wanted(left + waiting, rate=rate, target_s=self._target_s), {}


def wanted(evaluations: float, *, rate: float, target_s: float) -> float:
    """Replicas for so many evaluations, of which each replica does `rate` a second."""
    return math.ceil(evaluations / (rate * target_s))
