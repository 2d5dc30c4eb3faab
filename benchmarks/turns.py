"""Measured in turns, so that a noisy machine disturbs both sides alike."""

import statistics
import time
from collections.abc import Callable


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def in_turns(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Median seconds of each, measured one after the other, in alternating order."""
    timings: list[list[float]] = [[] for _ in works]
    for round_ in range(rounds):
        order = range(len(works)) if round_ % 2 else reversed(range(len(works)))
        for index in order:
            timings[index].append(seconds(works[index]))
    return [statistics.median(timing) for timing in timings]
