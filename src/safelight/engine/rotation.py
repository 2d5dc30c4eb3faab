"""Which group goes next: deficit round robin (Shreedhar & Varghese, 1996) over what the groups cost."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

AGE_BOOST = 0.1
"""Seconds of credit that a group gains for every second it waits: a group that is rarely served is not forgotten."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a group waits for.

    Attributes:
        cost: estimated seconds of its next forward.
        weight: pictures that wait in it; device time is shared among pictures, not among groups.
        waited: seconds since it was last served.
    """

    cost: float
    weight: int
    waited: float


class Rotation(Generic[K]):
    """Remembers how much device time each group is owed."""

    def __init__(self) -> None:
        self._credit: dict[K, float] = {}

    def choose(self, demands: Mapping[K, Demand]) -> K:
        """The group to serve now. A group that has nothing waiting loses its credit."""
        self._credit = {key: self._credit.get(key, 0.0) for key in demands}
        rounds = min(self._rounds_until_affordable(key, demand) for key, demand in demands.items())
        for key, demand in demands.items():
            self._credit[key] += rounds * demand.weight
        return max(demands, key=lambda key: self._credit[key] + AGE_BOOST * demands[key].waited - demands[key].cost)

    def charge(self, key: K, seconds: float) -> None:
        """Take what the group's forward has really cost off its credit."""
        if key in self._credit:
            self._credit[key] -= seconds

    def _rounds_until_affordable(self, key: K, demand: Demand) -> float:
        lacking = demand.cost - self._credit[key] - AGE_BOOST * demand.waited
        return max(0.0, lacking / demand.weight)
