"""Counts what the rooms say, for Prometheus. No label has an id, a prompt or a person in it."""

import time
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

from safelight.domain.events import Cancelled, Event, Failed, Finished, Notice, Queued, Started, Stepped
from safelight.domain.measuring import Meter
from safelight.domain.verdict import Subject, Verdict

PREFIX = "safelight"
NAMES_LIMIT = 64
"""Models and providers that have a label of their own; whatever comes after them is `other`."""
OTHER = "other"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LONG = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1200, 3600)


@dataclass
class _Underway:
    """A generation on its way: when it was accepted and began, and by whom it is drawn."""

    accepted: float
    started: float | None = None
    seen: bool = False
    provider: str = "none"
    model: str = "none"


class PrometheusMeter(Meter):
    """Counters and histograms of one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._underway: dict[str, _Underway] = {}
        self._names: set[str] = set()

        def counter(name: str, says: str, *labels: str) -> Counter:
            return Counter(name, says, labels, namespace=PREFIX, registry=registry)

        def histogram(name: str, says: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(name, says, labels, namespace=PREFIX, registry=registry, buckets=buckets)

        by = ("provider", "model")
        self._accepted = counter("accepted", "Generations that came into the line.")
        self._ended = counter("generations", "Generations that ended, by outcome.", "outcome", *by)
        self._failures = counter("failures", "Generations that failed, by the code of the error.", "code")
        self._pictures = counter("pictures", "Pictures that were drawn and kept.", *by)
        self._notices = counter("notices", "Remarks on the way: fallbacks, cut prompts, little memory.", "code")
        self._waits = histogram("queue_wait_seconds", "From being accepted to the beginning.", buckets=LONG)
        self._first = histogram("first_preview_seconds", "From being accepted to the first preview.", *by, buckets=LONG)
        self._whole = histogram("generation_seconds", "From being accepted to the last picture.", *by, buckets=LONG)
        self._drawn = histogram("drawing_seconds", "From the beginning to the last picture.", *by, buckets=LONG)
        self._steps = histogram("step_seconds", "Model evaluations, as long as their batch took.", *by, buckets=SHORT)
        self._frames = counter("preview_bytes", "Bytes of previews as they are kept.", "provider")
        self._shown = counter("previews", "Steps that had a preview, and those that had none.", "provider", "shown")
        self._previews = histogram("preview_seconds", "Processor time that a preview took.", buckets=SHORT)
        self._freed = histogram("cancel_seconds", "From a cancel until the device was free of it.", buckets=SHORT)
        self._verdicts = counter("verdicts", "What moderation said.", "subject", "stage", "allowed")
        self._refusals = counter("refusals", "What moderation refused, by category.", "category")
        self._asked = histogram("provider_seconds", "What image services took for a picture.", "provider", buckets=LONG)
        self._errors = counter("provider_errors", "What came of image services instead.", "provider", "code")
        self._spent = counter("provider_spend_usd", "What image services were paid, in US dollars.", "provider")
        self._answers = histogram(
            "http_request_seconds", "Until an answer begins.", "method", "route", "status", buckets=SHORT
        )

    def told(self, generation: str, event: Event, *, frame_bytes: int | None = None) -> None:
        now = time.monotonic()
        if isinstance(event, Queued):
            if generation not in self._underway:
                self._underway[generation] = _Underway(now)
                self._accepted.inc()
            return
        # One that goes on after a crash was accepted by an earlier run, and only now comes into this one's line.
        known = self._underway.setdefault(generation, _Underway(now))
        match event:
            case Started(provider=provider, model=model):
                known.provider, known.model = self._bounded(provider), self._bounded(model)
                if known.started is None:
                    known.started = now
                    self._waits.observe(now - known.accepted)
            case Stepped():
                self._stepped(known, event, frame_bytes, now)
            case Notice(code=code):
                self._notices.labels(code).inc()
            case Finished() | Failed() | Cancelled():
                self._over(generation, known, event, now)

    def _stepped(self, known: _Underway, step: Stepped, frame_bytes: int | None, now: float) -> None:
        if step.ms:
            self._steps.labels(known.provider, known.model).observe(step.ms / 1000)
        self._shown.labels(known.provider, str(frame_bytes is not None).lower()).inc()
        if frame_bytes is None:
            return
        self._frames.labels(known.provider).inc(frame_bytes)
        if not known.seen:
            known.seen = True
            self._first.labels(known.provider, known.model).observe(now - known.accepted)

    def _over(self, generation: str, known: _Underway, event: Finished | Failed | Cancelled, now: float) -> None:
        del self._underway[generation]
        by = (known.provider, known.model)
        self._ended.labels(event.kind, *by).inc()
        match event:
            case Failed(code=code):
                self._failures.labels(code).inc()
            case Finished(pictures=pictures):
                self._pictures.labels(*by).inc(len(pictures))
                self._whole.labels(*by).observe(now - known.accepted)
                if known.started is not None:
                    self._drawn.labels(*by).observe(now - known.started)

    def handed_over(self, generation: str) -> None:
        self._underway.pop(generation, None)

    def previewed(self, *, seconds: float) -> None:
        self._previews.observe(seconds)

    def freed(self, *, seconds: float) -> None:
        self._freed.observe(seconds)

    def judged(self, subject: Subject, verdict: Verdict) -> None:
        self._verdicts.labels(subject.value, verdict.stage.value, str(verdict.allowed).lower()).inc()
        for category in verdict.refused_for:
            self._refusals.labels(category.value).inc()

    def asked(self, provider: str, *, generation: str, seconds: float, error: str | None) -> None:
        self._asked.labels(provider).observe(seconds)
        if error is not None:
            self._errors.labels(provider, error).inc()

    def spent(self, provider: str, *, usd: float) -> None:
        self._spent.labels(provider).inc(usd)

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        method = method if method in METHODS else OTHER
        self._answers.labels(method, route or "none", str(status)).observe(seconds)

    def _bounded(self, name: str) -> str:
        """A name as it may be a label: services elsewhere may have any number of models."""
        if name not in self._names and len(self._names) >= NAMES_LIMIT:
            return OTHER
        self._names.add(name)
        return name
