"""What a run says: how long people waited, how much got done, and whether it was fair."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from workloads import Job

FIRST_SIGHT = 0.5
"""A request is well served when it shows something within half of what it takes alone…"""
PATIENCE = 3.0
"""…and is done within three times as long."""


@dataclass(frozen=True)
class Run:
    """
    Attributes:
        seconds: from the first request to the last picture.
        cpu_s: of this process meanwhile.
        rows: of model evaluations.
    """

    jobs: tuple[Job, ...]
    seconds: float
    cpu_s: float
    rows: int
    pictures_per_forward: float


def quantiles(values: Iterable[float]) -> dict[str, float]:
    """Nearest rank; all 0 where there are none."""
    ordered = sorted(values)
    if not ordered:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0}
    ranks = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return {name: round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 4) for name, part in ranks.items()}


def summed_up(run: Run) -> dict[str, Any]:
    done = [job for job in run.jobs if job.ended is not None]
    cancelled = [job for job in run.jobs if job.freed is not None and job.cancelled is not None]
    between = [later - earlier for job in done for earlier, later in pairwise(job.previews)]
    return {
        "requests": len(run.jobs),
        "seconds": round(run.seconds, 3),
        "first_preview_s": quantiles(first_sight(job) for job in done),
        "between_previews_s": quantiles(between),
        "completion_s": quantiles(completion(job) for job in done),
        "slowdown": quantiles(completion(job) / job.solo for job in done if job.solo),
        "fairness": fairness(done),
        "goodput": round(sum(well_served(job) for job in done) / max(1, len(done)), 3),
        "pictures_per_s": round(len(done) / run.seconds, 4),
        "row_evaluations_per_s": round(run.rows / run.seconds, 2),
        "pictures_per_forward": round(run.pictures_per_forward, 2),
        "cpu_s_per_picture": round(run.cpu_s / max(1, len(done)), 3),
        "cancelled": sum(job.cancelled is not None for job in run.jobs),
        "cancel_s": quantiles(job.freed - job.cancelled for job in cancelled if job.freed and job.cancelled),
        "wasted_forwards": max((job.wasted for job in cancelled), default=0),
    }


def completion(job: Job) -> float:
    assert job.ended is not None
    return job.ended - job.came


def first_sight(job: Job) -> float:
    """Seconds to the first preview; to the picture where there was none."""
    return (job.previews[0] - job.came) if job.previews else completion(job)


def well_served(job: Job) -> bool:
    return first_sight(job) <= FIRST_SIGHT * job.solo and completion(job) <= PATIENCE * job.solo


def fairness(done: Sequence[Job]) -> float:
    """How much worse the worst served kind has it than the best: ratio of their median slowdowns. 1 is fair."""
    kinds = groupby(sorted(done, key=lambda job: job.kind), key=lambda job: job.kind)
    medians = [quantiles(completion(job) / job.solo for job in kind if job.solo)["p50"] for _, kind in kinds]
    return round(max(medians) / min(medians), 3) if medians and min(medians) > 0 else 0.0
