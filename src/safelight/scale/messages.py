"""What crosses between servers and replicas. Pixels are bytes. Ray pickles the values: both ends are of one version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from safelight.domain.adapting import AdapterCard
from safelight.domain.errors import SafelightError
from safelight.domain.model_card import ModelCard
from safelight.domain.progress import Paused, Progress
from safelight.domain.steering import Turn


@dataclass(frozen=True, slots=True)
class Begun:
    """A replica has the order. What is said to it while it draws goes to its box in the mailroom."""

    replica: str


@dataclass(frozen=True, slots=True)
class Broke:
    """The order cannot be finished, by nobody: other replicas need not try."""

    error: SafelightError


Message = Begun | Progress | Broke


@dataclass(frozen=True, slots=True)
class Carried:
    """A checkpoint that was written down for the way."""

    step: int
    data: bytes

    @property
    def nbytes(self) -> int:
        return len(self.data)

    def to_bytes(self) -> bytes:
        return self.data


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is asked of an order that is being drawn."""

    key: str
    what: Turn | Paused
    images: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a replica is and has."""

    models: Sequence[ModelCard]
    adapters: Sequence[AdapterCard]
    device: str
    missing: str | None
    """What `ready` says."""
    pictures_per_forward: float | None
