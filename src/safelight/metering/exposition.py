"""Everything that is measured, on one page for Prometheus."""

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from safelight.metering.meters import PrometheusMeter
from safelight.metering.standing import Standing
from safelight.runner import Runner


class Exposition:
    """One server's registry, and who writes into it."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.meter = PrometheusMeter(self._registry)

    def look_at(self, runner: Runner) -> None:
        """Show how its rooms stand, too. Once."""
        self._registry.register(Standing(runner))

    def page(self, accept: str) -> tuple[bytes, str]:
        """The page, and its media type: in the text format, or as OpenMetrics where that is asked for."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type
