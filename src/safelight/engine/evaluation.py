"""What a sampler asks for, and what the engine tells about it."""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Conditioning:
    """What steers the prediction.

    Attributes:
        positive: hidden states of the prompt, `[1, tokens, width]`.
        negative: hidden states of the negative prompt, same shape.
        cut: the end of the prompt that did not fit into the text encoder; empty where all of it did.
    """

    positive: Tensor
    negative: Tensor
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One question to the model, with all it takes to answer it.

    Attributes:
        sample: model input, `[1, channels, height, width]`, scaled as the scheduler wants it.
        timestep: training timestep, 0 to 999, possibly fractional.
        guidance: classifier-free guidance scale; above 1 the question takes two rows of the batch, else one.
        step: which evaluation of the picture this is, from 1 to `total`.
    """

    sample: Tensor
    timestep: float
    conditioning: Conditioning
    guidance: float
    step: int
    total: int

    @property
    def guided(self) -> bool:
        return self.guidance > 1

    @property
    def rows(self) -> int:
        return 2 if self.guided else 1


class GroupKey(NamedTuple):
    """Evaluations with equal keys share a forward. Nothing else has to match: not the timestep, the sampler, the
    number of steps, the seed or the guidance."""

    model: str
    channels: int
    height: int
    width: int
    tokens: int
