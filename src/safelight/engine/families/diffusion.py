"""What the UNet families share: noise that is added, and models that predict it, the picture, or a velocity."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from functools import cached_property
from typing import Any

import numpy as np
from diffusers import DDPMScheduler
from torch import Tensor

from safelight.domain.recipe import Recipe
from safelight.engine.adapters import Adapters
from safelight.engine.ahead import Read
from safelight.engine.evaluation import Question
from safelight.engine.families.loaded import Loaded


class Diffusion:
    """The forward process of a model (Ho et al., 2020, https://arxiv.org/abs/2006.11239), also between two of the
    timesteps of its training.

    Args:
        config: the model's `scheduler_config.json`.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        kept = DDPMScheduler.from_config(dict(config)).alphas_cumprod.double().numpy()
        # Where training went to pure noise there is no ratio left to take the logarithm of.
        kept = np.maximum(kept, 1e-12)
        self._log_sigma = np.log((1 - kept) / kept) / 2
        self._timesteps = np.arange(len(self._log_sigma))
        self._predicts: str = config.get("prediction_type", "epsilon")

    def sigma(self, timestep: float) -> float:
        """Noise level, in standard deviations of the data."""
        alpha, sigma = self._levels(timestep)
        return sigma / alpha

    def estimate(self, question: Question, prediction: Tensor) -> Tensor:
        """The picture that a prediction implies, in latents."""
        # The model always sees variance-preserving samples, whatever the sampler's own coordinates are.
        alpha, sigma = self._levels(question.timestep)
        # A model for inpainting sees a mask and a picture behind the latents.
        sample = question.sample[:, : prediction.shape[1]]
        match self._predicts:
            case "epsilon":
                return (sample - sigma * prediction) / alpha
            case "v_prediction":  # Salimans & Ho, 2022, https://arxiv.org/abs/2202.00512
                return alpha * sample - sigma * prediction
            case _:
                return prediction

    def _levels(self, timestep: float) -> tuple[float, float]:
        sigma = float(np.exp(np.interp(timestep, self._timesteps, self._log_sigma)))
        alpha = (1 + sigma**2) ** -0.5
        return alpha, sigma * alpha


class Diffusing(Loaded):
    """A loaded UNet family. Whoever inherits loads `_unet` and `_adapters`."""

    _unet: Any
    _adapters: Adapters

    def prepare(self, recipe: Recipe, read: Read) -> Iterable[Future[Any]]:
        return self._adapters.prepare(recipe, read)

    @cached_property
    def _diffusion(self) -> Diffusion:
        return Diffusion(self.scheduler_config)

    @property
    def inpaint_channels(self) -> int:
        return int(self._unet.config.in_channels - self._vae.latent_channels)

    def estimate(self, question: Question, prediction: Tensor) -> Tensor:
        return self._diffusion.estimate(question, prediction)

    def sigma(self, timestep: float) -> float:
        return self._diffusion.sigma(timestep)
