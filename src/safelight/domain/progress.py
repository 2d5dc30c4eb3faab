"""What a provider says while it draws."""

from dataclasses import dataclass

from safelight.domain.pixels import Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One model evaluation of one picture is done.

    Attributes:
        picture: index of the picture within the generation, from 0.
        step: from 1 to `total`. Second-order samplers evaluate the model twice a step, and both count.
        sigma: noise level that was just removed from, in units of the data's standard deviation.
        ms: wall time of the evaluation in milliseconds, shared by all rows of its batch.
        frame: preview of the x0 estimate; None where it was dropped in favour of a later one.
    """

    picture: int
    step: int
    total: int
    sigma: float
    ms: float
    frame: Pixels | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One picture is finished; `image` is a PNG unless the provider gave something else."""

    picture: int
    seed: int
    image: Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something the user should know: a changed parameter, a cut prompt, a fallback."""

    code: str
    detail: str


Progress = Step | Drawn | Remark
