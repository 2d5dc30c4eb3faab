"""What a sampler asks for, and what the engine tells about it."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from diffusers import SchedulerMixin
from torch import Tensor

from safelight.engine.features import Features

Inputs = Mapping[str, Tensor]
"""What a model is told beside the sample, by name, each `[1, ...]`: `states` (hidden states of the prompt, `[1, tokens,
width]`), `pooled`, `time_ids`, whatever the family takes. The engine only stacks them."""


@dataclass(frozen=True, slots=True)
class Conditioning:
    """What steers the prediction.

    Attributes:
        positive: inputs of the prompt.
        negative: inputs of the negative prompt, of the same names and shapes; empty for a model whose guidance is an
            input of its own.
        cut: the end of the prompt that did not fit into the text encoder; empty where all of it did.
        structure: what changes the forward itself (adapters, control networks); equal where rows may share it.
    """

    positive: Inputs
    negative: Inputs
    cut: str = ""
    structure: tuple[Hashable, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One question to the model, as the sampler asks it.

    Attributes:
        sample: model input, `[1, channels, height, width]`, scaled as the scheduler wants it; models that take a mask
            have its channels behind those of the latents.
        timestep: training timestep, 0 to 999, possibly fractional.
        step: which evaluation of the picture this is, from 1 to `total`.
        latents: what the sample was made of.
        scheduler, generator: in the state in which they wait for the answer.
    """

    sample: Tensor
    timestep: float
    step: int
    total: int
    latents: Tensor
    scheduler: SchedulerMixin
    generator: torch.Generator


@dataclass(frozen=True, slots=True)
class Question:
    """An evaluation with its directions: everything it takes to answer it.

    Attributes:
        guidance: classifier-free guidance scale; above 1 the question takes two rows of the batch, else one, as it does
            where there is nothing negative.
        features: where the picture keeps deep features to use them again; None where it computes all of them.
        reuses: whether this question does.
    """

    sample: Tensor
    timestep: float
    conditioning: Conditioning
    guidance: float = 1.0
    step: int = 1
    total: int = 1
    features: Features | None = None
    reuses: bool = False

    @property
    def guided(self) -> bool:
        return self.guidance > 1 and bool(self.conditioning.negative)

    @property
    def rows(self) -> int:
        return 2 if self.guided else 1

    def apart(self) -> "tuple[Question, ...]":
        """A question for each of its rows, in their order."""
        told = (replace(self.conditioning, positive=row, negative={}) for row in self.inputs)
        alone = replace(self, features=None, reuses=False, guidance=1.0)
        return tuple(replace(alone, conditioning=row) for row in told)

    @property
    def inputs(self) -> tuple[Inputs, ...]:
        """Of each row; the negative one first."""
        both = (self.conditioning.negative, self.conditioning.positive)
        return both if self.guided else both[1:]


class GroupKey(NamedTuple):
    """Questions with equal keys share a forward. Nothing else has to match: not the timestep, the sampler, the
    number of steps, the seed or the guidance."""

    model: str
    channels: int
    height: int
    width: int
    inputs: tuple[tuple[str, tuple[int, ...]], ...]
    structure: tuple[Hashable, ...] = ()
    reuses: bool = False

    @classmethod
    def of(cls, model: str, question: Question) -> "GroupKey":
        _, channels, height, width = question.sample.shape
        conditioning = question.conditioning
        shapes = sorted((name, tuple(value.shape[1:])) for name, value in conditioning.positive.items())
        return cls(model, channels, height, width, tuple(shapes), conditioning.structure, question.reuses)
