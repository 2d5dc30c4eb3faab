"""What the flow families share (Lipman et al., 2022, https://arxiv.org/abs/2210.02747): the sample is a mixture of
picture and noise, and the model predicts the velocity from the one to the other."""

from torch import Tensor

from safelight.engine.evaluation import Question
from safelight.engine.families.loaded import Loaded

TIMESTEPS = 1000
"""Timesteps from picture to noise: the noise's part of the sample is `timestep / TIMESTEPS`."""


class Flowing(Loaded):
    """A loaded flow family."""

    inpaint_channels = 0

    def sigma(self, timestep: float) -> float:
        """The noise's part of the sample, from 0 to 1."""
        return timestep / TIMESTEPS

    def estimate(self, question: Question, prediction: Tensor) -> Tensor:
        return question.sample - self.sigma(question.timestep) * prediction
