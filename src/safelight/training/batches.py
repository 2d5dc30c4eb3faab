"""What the denoiser is shown: the noise schedule, how often each level is drawn, and batches of noisy latents.

The target is the velocity of Salimans & Ho 2022 (https://arxiv.org/abs/2202.00512) on Stable Diffusion's own schedule.
Noise levels are drawn mostly from a normal in log sigma (Karras et al. 2022, https://arxiv.org/abs/2206.00364; the
logit-normal of Esser et al. 2024, https://arxiv.org/abs/2403.03206, is the same for rectified flows), so that the
middle of the schedule, where shapes are decided, gets most samples.
"""

from __future__ import annotations

import torch
from diffusers import DDIMScheduler
from torch import Tensor

from safelight.training.latents import LatentSet


def noise_scheduler() -> DDIMScheduler:
    """The schedule that training and every sampler share; this is also what is exported by default."""
    return DDIMScheduler(
        num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
        prediction_type="v_prediction", timestep_spacing="trailing", clip_sample=False,
        set_alpha_to_one=False, steps_offset=1,
    )  # fmt: skip


def timestep_odds(alphas: Tensor, *, mean: float = 0.1, deviation: float = 1.1, uniform: float = 0.15) -> Tensor:
    """Probability ``[1000]`` of each timestep: log-normal in sigma, with a share spread evenly over log sigma."""
    log_sigma = 0.5 * ((1 - alphas) / alphas).log()
    spacing = torch.gradient(log_sigma)[0]
    bell = torch.exp(-0.5 * ((log_sigma - mean) / deviation) ** 2) * spacing
    return (1 - uniform) * bell / bell.sum() + uniform * spacing / spacing.sum()


class Batches:
    """Draws training rows: noisy latents, timesteps, conditioning and the velocity to predict."""

    def __init__(
        self, data: LatentSet, *, batch: int, empty_share: float, pooled_share: float, device: str, seed: int
    ) -> None:
        self.data, self.batch, self.device = data, batch, device
        self.empty_share, self.pooled_share = empty_share, pooled_share
        self.generator = torch.Generator().manual_seed(seed)
        self.alphas = noise_scheduler().alphas_cumprod.double()
        self.odds = timestep_odds(self.alphas).cumsum(0)
        self.row_odds = data.weights.cumsum(0)

    def draw(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """``(noisy [b,8,16,16], timesteps [b], states [b,16,384], velocity [b,8,16,16])``, float32 on the device."""
        count = self.batch
        rows = torch.searchsorted(self.row_odds, self._spread(count)).clamp(max=len(self.row_odds) - 1)
        steps = torch.searchsorted(self.odds, self._spread(count)).clamp(max=len(self.odds) - 1)
        clean = self.data.latents[rows].float()
        noise = torch.randn(clean.shape, generator=self.generator)
        alpha = self.alphas[steps].float()[:, None, None, None]
        noisy, velocity = add_noise(clean, noise, alpha)
        batch = (noisy, steps, self._conditioning(rows), velocity)
        return tuple(part.to(self.device, non_blocking=True) for part in batch)  # type: ignore[return-value]

    def _spread(self, count: int) -> Tensor:
        """Stratified uniform numbers in shuffled order: less variance from batch to batch."""
        even = (torch.arange(count) + torch.rand(count, generator=self.generator, dtype=torch.float64)) / count
        return even[torch.randperm(count, generator=self.generator)]

    def _conditioning(self, rows: Tensor) -> Tensor:
        """Token states of one of each row's captions; some empty (guidance), some the pooled vector (images)."""
        kind = torch.rand(len(rows), generator=self.generator)
        column = torch.randint(self.data.choices.shape[1], (len(rows),), generator=self.generator)
        caption = self.data.choices[rows, column]
        caption[kind < self.empty_share] = 0
        states = self.data.states[caption].float()
        pooled = kind > 1 - self.pooled_share
        states[pooled] = self.data.pooled[caption[pooled]].float()[:, None].expand(-1, states.shape[1], -1)
        return states


def add_noise(clean: Tensor, noise: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor]:
    """The noisy latents and their velocity, given the schedule's cumulative product ``alpha``."""
    signal, amount = alpha.sqrt(), (1 - alpha).sqrt()
    return signal * clean + amount * noise, signal * noise - amount * clean
