"""What a provider says while it draws."""

from dataclasses import dataclass
from typing import Protocol

from safelight.domain.pixels import FrameSource, Pixels
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Change, Injection


class Checkpoint(Protocol):
    """The state of one picture before its evaluation `step`, to go on from."""

    @property
    def step(self) -> int: ...

    @property
    def nbytes(self) -> int:
        """What it holds in memory, roughly."""
        ...

    def to_bytes(self) -> bytes:
        """For the disk. Takes its time: for a thread."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One model evaluation of one picture is done.

    Attributes:
        picture: index of the picture within the generation, from 0.
        step: from 1 to `total`. Second-order samplers evaluate the model twice a step, and both count.
        sigma: noise level that was just removed from, in units of the data's standard deviation.
        ms: wall time of the evaluation in milliseconds, shared by all rows of its batch.
            0 where a service does not tell.
        frame: preview of the x0 estimate; None where it was dropped in favour of a later one.
        source: what the preview shows.
        checkpoint: the state to go on from after this step; None after the last, and where there is none.
    """

    picture: int
    step: int
    total: int
    sigma: float
    ms: float
    frame: Pixels | None = None
    source: FrameSource = FrameSource.DENOISE
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One picture is finished; `image` is a PNG unless the provider gave something else.

    Attributes:
        sealed: its bytes are a service's, which may have signed them: they are kept exactly as they are.
    """

    picture: int
    seed: int
    image: Pixels
    sealed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something the user should know: a changed parameter, a cut prompt, a fallback."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerouted:
    """Another provider goes on with it, from this recipe.

    Attributes:
        detail: why, and what is otherwise than was wished for.
    """

    provider: str
    recipe: Recipe
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steered:
    """What became of a `Turn`: its parts with the steps they were given. All None where it came too late."""

    change: Change | None = None
    injection: Injection | None = None
    stop_after: int | None = None

    @property
    def late(self) -> bool:
        return self.change is None and self.injection is None and self.stop_after is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """No step is taken from here on; or, with `paused` False, steps are taken again."""

    paused: bool = True


Progress = Step | Drawn | Remark | Rerouted | Steered | Paused
