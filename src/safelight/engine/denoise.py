"""The reverse diffusion process as a generator that asks for model evaluations."""

from collections.abc import Generator, Sequence
from typing import Protocol

import torch
from diffusers import SchedulerMixin
from torch import Tensor

from safelight.engine.evaluation import Evaluation
from safelight.engine.samplers import step_noise

Denoising = Generator[Evaluation, Tensor, Tensor]
"""Yields questions, is sent predictions `[1, channels, height, width]`, returns the final latents."""


class Edit(Protocol):
    """Something that is done to the latents after a step: what a mask keeps is put back, noise is put in."""

    def __call__(self, latents: Tensor, *, step: int, scheduler: SchedulerMixin, index: int) -> Tensor:
        """
        Args:
            latents: `[1, channels, height, width]`, as the step left them.
            step: the evaluation of the picture that was just answered, from 1.
            scheduler: whose coordinates the latents are in.
            index: place in `scheduler.timesteps` of the step that comes next; their number after the last.
        """
        ...


def denoise(
    latents: Tensor,
    scheduler: SchedulerMixin,
    *,
    generator: torch.Generator,
    edits: Sequence[Edit] = (),
    beside: Tensor | None = None,
    first: int = 0,
    before: int = 0,
    after: int = 0,
) -> Denoising:
    """Take the noise out of `latents`, one model evaluation at a time; closing the generator stops it.

    Args:
        latents: `[1, channels, height, width]`, as noisy as the scheduler's timestep `first` expects.
        scheduler: a fresh one, its timesteps set; no other picture may use it.
        generator: source of the noise that stochastic samplers add.
        edits: done to the latents after every step, in this order.
        beside: `[1, more channels, height, width]` that the model sees beside the latents.
        first: place in `scheduler.timesteps` to begin at.
        before: evaluations that the picture took in earlier passes, so that its steps are counted through.
        after: evaluations that later passes will take.
    """
    noise = step_noise(scheduler, generator)
    start, count = before + 1 - first, len(scheduler.timesteps)
    total = before + count - first + after
    for index in range(first, count):
        timestep = scheduler.timesteps[index]
        sample = scheduler.scale_model_input(latents, timestep)
        if beside is not None:
            sample = torch.cat([sample, beside], dim=1)
        step = start + index
        prediction = yield Evaluation(sample, float(timestep), step, total, latents, scheduler, generator)
        latents = scheduler.step(prediction, timestep, latents, **noise, return_dict=False)[0]
        for edit in edits:
            latents = edit(latents, step=step, scheduler=scheduler, index=index + 1)
    return latents
