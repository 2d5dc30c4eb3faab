"""How things stand at the moment that somebody looks: read off the rooms, and kept nowhere."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from safelight import __version__
from safelight.domain.measuring import Tally
from safelight.providers.breaker import Circuit
from safelight.providers.directory import Providers
from safelight.providers.remote import RemoteProvider
from safelight.runner import Runner

SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Pictures of a forward, as the histogram tells them apart."""
NOTHING = Tally(
    forwards=0,
    evaluations=0,
    rows=0,
    seconds=0.0,
    sizes={},
    apart={},
    loads={},
    load_seconds={},
    unloads={},
    resident={},
    budget=None,
    peak=None,
)
"""Of a server without an engine of its own, so that every metric is there from the beginning."""


@dataclass(frozen=True, eq=False)
class Standing(Collector):
    """Looks at the rooms of an open house."""

    runner: Runner

    def describe(self) -> list[Metric]:
        # The registry would look at once, to learn the names.
        return []

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("safelight_build", "Which version this is.", {"version": __version__})
        yield from self._line()
        yield from self._viewers()
        providers = self.runner.providers
        yield _gauge("ready", "Whether a generation would start at once.", float(providers.ready() is None))
        yield _circuits(providers)
        tally = providers.tally or NOTHING
        yield from _shared(tally)
        yield from _memory(tally)

    def _line(self) -> Iterator[Metric]:
        line = self.runner.line
        yield _by(
            "line_generations",
            "Generations by where they stand.",
            "state",
            {"waiting": line.waiting, "running": line.running, "paused": line.paused},
        )
        yield _gauge("line_limit", "Generations that may wait.", line.waiting_limit)

    def _viewers(self) -> Iterator[Metric]:
        followed = self.runner.feeds.followed
        yield _gauge("viewers", "Open event streams.", sum(feed.readers for feed in followed))
        lag = max((feed.lag for feed in followed), default=0)
        yield _gauge("viewer_lag_events", "Events that the slowest viewer has not been sent yet.", lag)


def _shared(tally: Tally) -> Iterator[Metric]:
    yield _counter("forwards", "Passes through a model of this machine.", tally.forwards)
    yield _counter("evaluations", "Pictures that they answered, each once a step.", tally.evaluations)
    yield _counter("forward_rows", "Rows of their batches: two for a guided picture.", tally.rows)
    yield _counter("forward_seconds", "That they took.", tally.seconds)
    yield _sizes(tally)
    yield _by_counter(
        "apart",
        "How often a picture waited while a forward ran that it took no part in, by why.",
        "reason",
        {reason.value: count for reason, count in tally.apart.items()},
    )


def _sizes(tally: Tally) -> Metric:
    up_to = [(str(float(most)), float(sum(n for size, n in tally.sizes.items() if size <= most))) for most in SIZES]
    family = HistogramMetricFamily("safelight_batch_pictures", "Pictures that shared a forward.")
    family.add_metric([], [*up_to, ("+Inf", float(tally.forwards))], sum_value=float(tally.evaluations))
    return family


def _memory(tally: Tally) -> Iterator[Metric]:
    yield _by_counter("model_loads", "How often a model was loaded.", "model", tally.loads)
    yield _by_counter("model_load_seconds", "How long loading took.", "model", tally.load_seconds)
    yield _by_counter("model_unloads", "How often a model was let go.", "model", tally.unloads)
    yield _by("model_resident_bytes", "Weights in memory.", "model", tally.resident)
    yield _gauge("memory_budget_bytes", "What models and pictures may take; 0 for any.", tally.budget or 0)
    peaks = {"process": _process_peak()} | ({} if tally.peak is None else {"device": tally.peak})
    yield _by("memory_peak_bytes", "The most that was taken so far.", "of", peaks)


def _circuits(providers: Providers) -> Metric:
    remote = [provider for provider in providers.all if isinstance(provider, RemoteProvider)]
    closed = {one.name: float(one.breaker.state is not Circuit.CLOSED) for one in remote}
    return _by("provider_left_alone", "Whether a service failed so often that it is left alone.", "provider", closed)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"safelight_{name}", says, value=value)


def _counter(name: str, says: str, value: float) -> Metric:
    return CounterMetricFamily(f"safelight_{name}", says, value=value)


def _by(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"safelight_{name}", says, labels=[label])
    for of, value in values.items():
        family.add_metric([of], value)
    return family


def _by_counter(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"safelight_{name}", says, labels=[label])
    for of, value in values.items():
        family.add_metric([of], value)
    return family


def _process_peak() -> int:
    if os.name == "nt":
        return 0
    import resource
    import sys

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
