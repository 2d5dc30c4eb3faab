"""Traces by OpenTelemetry: a request, the generation that came of it, and every evaluation of it.

Only imported where they are sent somewhere. Nothing here is global: the provider is handed to whoever makes spans.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from safelight import __version__
from safelight.domain.events import Cancelled, Event, Failed, Finished, Notice, Queued, Started, Stepped
from safelight.domain.measuring import Meter

TRACES = "/v1/traces"
TIMEOUT_S = 10
ID = "safelight.generation"


def provider_to(url: str, *, headers: str | None, share: float) -> TracerProvider:
    """Spans that are sent to a collector, some at a time, in a thread of their own. `shutdown` sends the last.

    Args:
        headers: `name=value`, separated by commas.
        share: of the traces that begin here; who calls with a `traceparent` has decided already.
    """
    resource = Resource.create({SERVICE_NAME: "safelight", SERVICE_VERSION: __version__})
    address = url if url.endswith(TRACES) else url.rstrip("/") + TRACES
    provider = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(share)), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=address, headers=_parsed(headers), timeout=TIMEOUT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def _parsed(headers: str | None) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in (headers or "").split(",") if pair.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


@dataclass
class _Traced:
    """The spans of a generation: all of it, and the part that is under way."""

    whole: Span
    part: Span
    attributes: Mapping[str, str] = field(default_factory=dict)


class Tracing(Meter):
    """Makes spans of what generations' feeds say."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer: Tracer = provider.get_tracer("safelight", __version__)
        self._traced: dict[str, _Traced] = {}

    def told(self, generation: str, event: Event, *, frame_bytes: int | None = None) -> None:
        traced = self._traced.get(generation)
        if traced is None:
            # Within the request that asked for it, so that its span is the parent.
            whole = self._tracer.start_span("generation", attributes={ID: generation})
            traced = self._traced[generation] = _Traced(whole, self._part(whole, "wait", generation))
        match event:
            case Started(provider=provider, model=model):
                traced.part.end()
                traced.attributes = {"safelight.provider": provider, "safelight.model": model}
                traced.whole.set_attributes(traced.attributes)
                traced.part = self._part(traced.whole, "draw", generation)
                traced.part.set_attributes(traced.attributes)
            case Stepped():
                self._stepped(generation, traced, event)
            case Notice(code=code):
                traced.part.add_event(code)
            case Finished() | Failed() | Cancelled():
                self._over(generation, event)
            case Queued(position=position):
                traced.part.add_event("queued", {"position": position})

    def handed_over(self, generation: str) -> None:
        if traced := self._traced.pop(generation, None):
            traced.whole.set_attribute("safelight.outcome", "handed_over")
            traced.part.end()
            traced.whole.end()

    def asked(self, provider: str, *, generation: str, seconds: float, error: str | None) -> None:
        if traced := self._traced.get(generation):
            span = self._past(traced.part, f"{provider} draws", seconds, kind=SpanKind.CLIENT)
            span.set_attributes({ID: generation, "safelight.provider": provider})
            if error is not None:
                span.set_status(Status(StatusCode.ERROR, error))
            span.end()

    def _part(self, whole: Span, name: str, generation: str) -> Span:
        return self._tracer.start_span(name, context=set_span_in_context(whole), attributes={ID: generation})

    def _past(self, parent: Span, name: str, seconds: float, *, kind: SpanKind = SpanKind.INTERNAL) -> Span:
        """One that began so many seconds ago."""
        begun = time.time_ns() - int(seconds * 1e9)
        return self._tracer.start_span(name, context=set_span_in_context(parent), kind=kind, start_time=begun)

    def _stepped(self, generation: str, traced: _Traced, step: Stepped) -> None:
        span = self._past(traced.part, "evaluation", step.ms / 1000)
        span.set_attributes({ID: generation, "safelight.picture": step.picture, "safelight.step": step.step})
        span.set_attributes(traced.attributes)
        span.end()

    def _over(self, generation: str, event: Finished | Failed | Cancelled) -> None:
        traced = self._traced.pop(generation)
        traced.whole.set_attribute("safelight.outcome", event.kind)
        if isinstance(event, Failed):
            traced.whole.set_status(Status(StatusCode.ERROR, event.code))
        traced.part.end()
        traced.whole.end()
