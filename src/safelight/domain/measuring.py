"""What rooms say about what they did, to whoever counts it. They know of no way in which that is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from safelight.domain.events import Event
from safelight.domain.verdict import Subject, Verdict


class Meter:
    """Hears what happens, in any thread; never waits, never raises. This one counts nothing."""

    def told(self, generation: str, event: Event, *, frame_bytes: int | None = None) -> None:
        """An event that this server made is on the feed of a generation that it has."""

    def handed_over(self, generation: str) -> None:
        """This server has that generation no longer; another tells its end."""

    def previewed(self, *, seconds: float) -> None:
        """A preview was made, in so many seconds of a processor."""

    def freed(self, *, seconds: float) -> None:
        """The device is free of what was cancelled so long ago."""

    def judged(self, subject: Subject, verdict: Verdict) -> None:
        """Moderation said something."""

    def asked(self, provider: str, *, generation: str, seconds: float, error: str | None) -> None:
        """An image service was asked for a picture; `error` is the code of what came instead."""

    def spent(self, provider: str, *, usd: float) -> None:
        """An image service was paid, or may have to be."""

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """A request has its answer begun; `route` is its template, empty where there is none."""


UNMEASURED = Meter()


class Apart(StrEnum):
    """Why a picture that waited did not take part in a forward."""

    MODEL = "model"
    SHAPE = "shape"
    """Its latents have another size."""
    STRUCTURE = "structure"
    """It wears other adapters or control networks."""
    PROMPT = "prompt"
    """What the model is told of it has another size: a prompt of another length, for instance."""
    FEATURES = "features"
    """One of them computes all features, the other uses some again."""
    ROWS = "rows"
    """It would have fitted, and the batch was full."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What this machine's engine has done since it began.

    Attributes:
        forwards: passes through a model.
        evaluations: pictures that they answered.
        rows: of the batches.
        seconds: that they took.
        sizes: how many forwards answered how many pictures.
        apart: how often a picture waited while another forward ran, and why.
        loads: how often each model was loaded.
        load_seconds: that it took altogether.
        unloads: how often each model was let go.
        resident: bytes of the models in memory.
        budget: bytes that models and pictures may take; None for any.
        peak: most bytes of the device that were taken; None where it is main memory.
    """

    forwards: int
    evaluations: int
    rows: int
    seconds: float
    sizes: Mapping[int, int]
    apart: Mapping[Apart, int]
    loads: Mapping[str, int]
    load_seconds: Mapping[str, float]
    unloads: Mapping[str, int]
    resident: Mapping[str, int]
    budget: int | None
    peak: int | None
