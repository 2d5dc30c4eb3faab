"""What the flow families share (Lipman et al., 2022, https://arxiv.org/abs/2210.02747): the sample is a mixture of
picture and noise, and the model predicts the velocity from the one to the other."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from torch import Tensor

from safelight.domain.recipe import Recipe
from safelight.engine.adapters import dressed
from safelight.engine.ahead import Read
from safelight.engine.evaluation import Conditioning, Question
from safelight.engine.families.loaded import Loaded
from safelight.engine.flow_control import FlowControls
from safelight.engine.ip_adapter import IPAdapters
from safelight.engine.lora import Loras, LoraSet

TIMESTEPS = 1000
"""Timesteps from picture to noise: the noise's part of the sample is `timestep / TIMESTEPS`."""


class Flowing(Loaded):
    """A loaded flow family. Whoever inherits loads `_loras`, `_controls` and `_ip_adapters`."""

    inpaint_channels = 0
    _loras: Loras
    _controls: FlowControls
    _ip_adapters: IPAdapters

    def encode(self, recipe: Recipe, images: Mapping[str, bytes]) -> Conditioning:
        loras, spoken = self._loras.read_with(recipe.loras)
        plain = self._read_all(recipe, images, spoken)
        return dressed(plain, recipe, images, loras=loras, controls=self._controls, ip_adapters=self._ip_adapters)

    def prepare(self, recipe: Recipe, read: Read) -> Iterable[Future[Any]]:
        yield from self._loras.prepare(recipe.loras, read)
        yield from self._controls.prepare(recipe, read)
        yield from self._ip_adapters.prepare(recipe.ip_adapter, read)

    @abstractmethod
    def _read_all(self, recipe: Recipe, images: Mapping[str, bytes], spoken: LoraSet) -> Conditioning:
        """What the text encoders, which wear `spoken`, make of a recipe."""

    def sigma(self, timestep: float) -> float:
        """The noise's part of the sample, from 0 to 1."""
        return timestep / TIMESTEPS

    def estimate(self, question: Question, prediction: Tensor) -> Tensor:
        return question.sample - self.sigma(question.timestep) * prediction
