"""Several who listen, as one."""

from collections.abc import Sequence
from dataclasses import dataclass

from safelight.domain.events import Event
from safelight.domain.measuring import Meter
from safelight.domain.verdict import Subject, Verdict


@dataclass(frozen=True)
class Meeting(Meter):
    """Passes everything on to each of them."""

    meters: Sequence[Meter]

    def told(self, generation: str, event: Event, *, frame_bytes: int | None = None) -> None:
        for meter in self.meters:
            meter.told(generation, event, frame_bytes=frame_bytes)

    def handed_over(self, generation: str) -> None:
        for meter in self.meters:
            meter.handed_over(generation)

    def previewed(self, *, seconds: float) -> None:
        for meter in self.meters:
            meter.previewed(seconds=seconds)

    def freed(self, *, seconds: float) -> None:
        for meter in self.meters:
            meter.freed(seconds=seconds)

    def judged(self, subject: Subject, verdict: Verdict) -> None:
        for meter in self.meters:
            meter.judged(subject, verdict)

    def asked(self, provider: str, *, generation: str, seconds: float, error: str | None) -> None:
        for meter in self.meters:
            meter.asked(provider, generation=generation, seconds=seconds, error=error)

    def spent(self, provider: str, *, usd: float) -> None:
        for meter in self.meters:
            meter.spent(provider, usd=usd)

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        for meter in self.meters:
            meter.answered(method=method, route=route, status=status, seconds=seconds)
