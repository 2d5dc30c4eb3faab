"""What the flow families share (Lipman et al., 2022, https://arxiv.org/abs/2210.02747): the sample is a mixture of
picture and noise, and the model predicts the velocity from the one to the other."""

from torch import Tensor

from safelight.engine.evaluation import Question

TIMESTEPS = 1000
"""Timesteps from picture to noise: the noise's part of the sample is `timestep / TIMESTEPS`."""


def sigma(timestep: float) -> float:
    """The noise's part of the sample, from 0 to 1."""
    return timestep / TIMESTEPS


def estimate(question: Question, prediction: Tensor) -> Tensor:
    """The picture that a velocity implies, in latents."""
    return question.sample - sigma(question.timestep) * prediction
