"""The reverse diffusion process as a generator that asks for model evaluations."""

from collections.abc import Generator

import torch
from diffusers import SchedulerMixin
from torch import Tensor

from safelight.domain.recipe import Recipe
from safelight.engine.evaluation import Conditioning, Evaluation
from safelight.engine.families.family import Family
from safelight.engine.samplers import make_scheduler, step_noise

Denoising = Generator[Evaluation, Tensor, Tensor]
"""Yields questions, is sent predictions `[1, channels, height, width]`, returns the final latents."""


def denoise(
    latents: Tensor,
    scheduler: SchedulerMixin,
    *,
    conditioning: Conditioning,
    guidance: float,
    generator: torch.Generator,
) -> Denoising:
    """Take the noise out of `latents`, one model evaluation at a time; closing the generator stops it.

    Args:
        latents: pure noise `[1, channels, height, width]`, scaled by `scheduler.init_noise_sigma`.
        scheduler: a fresh one, its timesteps set; no other picture may use it.
        guidance: classifier-free guidance scale (Ho & Salimans, 2022).
        generator: source of the noise that stochastic samplers add.
    """
    noise = step_noise(scheduler, generator)
    total = len(scheduler.timesteps)
    for step, timestep in enumerate(scheduler.timesteps, start=1):
        sample = scheduler.scale_model_input(latents, timestep)
        prediction = yield Evaluation(sample, float(timestep), conditioning, guidance, step, total)
        latents = scheduler.step(prediction, timestep, latents, **noise, return_dict=False)[0]
    return latents


def draw(recipe: Recipe, *, seed: int, family: Family, conditioning: Conditioning) -> Denoising:
    """From a settled recipe to the final latents of one picture."""
    assert recipe.sampler and recipe.schedule and recipe.steps and recipe.width and recipe.height
    assert recipe.guidance is not None
    scheduler = make_scheduler(
        family.scheduler_config, sampler=recipe.sampler, schedule=recipe.schedule, steps=recipe.steps
    )
    generator = torch.Generator("cpu").manual_seed(seed)
    shape = family.latent_shape(width=recipe.width, height=recipe.height)
    # Noise comes from the CPU's generator whatever the device, so that a seed means the same picture everywhere.
    latents = torch.randn((1, *shape), generator=generator, dtype=torch.float32).to(family.device)
    return (
        yield from denoise(
            latents * scheduler.init_noise_sigma,
            scheduler,
            conditioning=conditioning,
            guidance=recipe.guidance,
            generator=generator,
        )
    )
