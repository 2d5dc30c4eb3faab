"""Builds what listens, from the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from safelight.domain.measuring import Meter
from safelight.metering.exposition import Exposition
from safelight.metering.meeting import Meeting
from safelight.metering.settings import MeteringSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


@dataclass(frozen=True, kw_only=True)
class Metering:
    """What is measured.

    Attributes:
        meter: hears of everything.
        traces: makes the spans of requests; None where nobody wants any.
    """

    exposition: Exposition
    meter: Meter
    traces: "TracerProvider | None" = None


@contextmanager
def measuring(settings: MeteringSettings) -> Iterator[Metering]:
    """Measure meanwhile; at the end, what waits to be sent is."""
    exposition = Exposition()
    if settings.otlp_url is None:
        yield Metering(exposition=exposition, meter=exposition.meter)
        return
    from safelight.metering.tracing import Tracing, provider_to

    headers = None if settings.otlp_headers is None else settings.otlp_headers.get_secret_value()
    traces = provider_to(settings.otlp_url, headers=headers, share=settings.trace_share)
    try:
        yield Metering(exposition=exposition, meter=Meeting([exposition.meter, Tracing(traces)]), traces=traces)
    finally:
        traces.shutdown()
