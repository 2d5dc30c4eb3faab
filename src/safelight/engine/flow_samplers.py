"""Samplers for flow models: diffusers' two, made to answer the questions that the others answer.

The sample is `sigma * noise + (1 - sigma) * picture`. Large pictures need more steps where there is much noise, so the
noise levels are shifted by the number of tokens (Esser et al., 2024, https://arxiv.org/abs/2403.03206).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FlowMatchHeunDiscreteScheduler, SchedulerMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor

from safelight.domain.recipe import Sampler

EVEN_SIGMAS = "even_sigmas"
"""Set in a model's scheduler configuration: its steps are spaced from 1 to 1/steps before they are shifted."""
CELLS_PER_TOKEN = 4


class FlowEuler(FlowMatchEulerDiscreteScheduler):  # type: ignore[misc]
    """First order, one evaluation a step."""

    init_noise_sigma = 1.0

    def scale_model_input(self, sample: Tensor, timestep: Tensor) -> Tensor:
        """The model sees the sample as it is."""
        return sample

    def scale_noise(self, sample: Tensor, timestep: Tensor, noise: Tensor) -> Tensor:
        """The sample at a timestep `[1]`, wherever the sampler itself is."""
        return _mixed(self, sample, timestep, noise)


class FlowHeun(FlowMatchHeunDiscreteScheduler):  # type: ignore[misc]
    """Second order, two evaluations a step but for the last. Follows the picture's size as `FlowEuler` does."""

    init_noise_sigma = 1.0

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(self, num_train_timesteps: int = 1000, shift: float = 1.0, use_dynamic_shifting: bool = False) -> None:
        super().__init__(num_train_timesteps=num_train_timesteps, shift=shift)

    def set_timesteps(
        self,
        num_inference_steps: int | None = None,
        device: str | torch.device | None = None,
        sigmas: Sequence[float] | None = None,
        mu: float | None = None,
    ) -> None:
        """
        Args:
            sigmas: noise levels before they are shifted; left out, from the first of the training's to the last.
            mu: logarithm of the shift, for a model that is shifted by the picture's size.
        """
        super().set_timesteps(num_inference_steps if sigmas is None else len(sigmas), device)
        if sigmas is None and mu is None:
            return
        steps = self.num_inference_steps
        even = np.array(np.linspace(1, 1 / steps, steps) if sigmas is None else sigmas, dtype=np.float32)
        shift = math.exp(mu) if self.config.use_dynamic_shifting and mu is not None else self.config.shift
        shifted = torch.from_numpy(shift * even / (1 + (shift - 1) * even)).to(torch.float32)
        twice = torch.cat([shifted[:1], shifted[1:].repeat_interleave(2)])
        self.timesteps = (twice * self.config.num_train_timesteps).to(device)
        self.sigmas = torch.cat([twice, torch.zeros(1)])

    def scale_model_input(self, sample: Tensor, timestep: Tensor) -> Tensor:
        """The model sees the sample as it is."""
        return sample

    def scale_noise(self, sample: Tensor, timestep: Tensor, noise: Tensor) -> Tensor:
        """The sample at a timestep `[1]`, wherever the sampler itself is."""
        return _mixed(self, sample, timestep, noise)


FLOW_SOLVERS = {Sampler.EULER: FlowEuler, Sampler.HEUN: FlowHeun}


def is_flow(config: Mapping[str, Any]) -> bool:
    """Whether a scheduler configuration is a flow model's."""
    return str(config.get("_class_name", "")).startswith("FlowMatch")


def make_flow_scheduler(config: Mapping[str, Any], *, sampler: Sampler, steps: int, cells: int) -> SchedulerMixin:
    """A fresh scheduler with its timesteps set.

    Args:
        config: the model's `scheduler_config.json`.
        cells: of the picture's latents.
    """
    own = {name: value for name, value in config.items() if name != EVEN_SIGMAS}
    scheduler: SchedulerMixin = FLOW_SOLVERS[sampler].from_config(own)
    sigmas = np.linspace(1.0, 1 / steps, steps) if config.get(EVEN_SIGMAS) else None
    mu = _shift(config, cells // CELLS_PER_TOKEN) if config.get("use_dynamic_shifting") else None
    scheduler.set_timesteps(steps, device="cpu", sigmas=sigmas, mu=mu)
    return scheduler


def _mixed(scheduler: SchedulerMixin, sample: Tensor, timestep: Tensor, noise: Tensor) -> Tensor:
    place = (scheduler.timesteps == timestep.to(scheduler.timesteps.device)).nonzero()[0].item()
    sigma = scheduler.sigmas[place].to(sample)
    mixed: Tensor = sigma * noise + (1.0 - sigma) * sample
    return mixed


def _shift(config: Mapping[str, Any], tokens: int) -> float:
    """Logarithm of the shift: on the line through those of the smallest and the largest picture of the training."""
    fewest, most = config.get("base_image_seq_len", 256), config.get("max_image_seq_len", 4096)
    low, high = config.get("base_shift", 0.5), config.get("max_shift", 1.15)
    slope = (high - low) / (most - fewest)
    return float(tokens * slope + (low - slope * fewest))
