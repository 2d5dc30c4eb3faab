"""Masked noise injection: fresh noise in a part of the latents, after some of the steps."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from diffusers import SchedulerMixin
from torch import Tensor

from safelight.domain.steering import Injection
from safelight.engine.coordinates import evaluations_of_step, forget_last_step, noise_level
from safelight.engine.masks import pattern_mask, soften
from safelight.engine.pictures import open_picture, to_mask


class Injecting:
    """An `Edit` that puts in what a list of injections asks for; the list may grow while the picture is drawn.

    The noise depends on the injection's seed and the step alone: not on the picture, so that the pictures of a
    generation are disturbed alike, nor on what was injected before. A solver that takes two evaluations to a step takes
    it at the end of that step.

    Args:
        injections: read at every step.
        images: encoded files of painted masks, by id; may grow too.
    """

    def __init__(self, injections: Sequence[Injection], images: Mapping[str, bytes]) -> None:
        self._injections = injections
        self._mask = lru_cache(maxsize=16)(lambda injection, h, w: injection_mask(injection, images, height=h, width=w))

    def __call__(self, latents: Tensor, *, step: int, scheduler: SchedulerMixin, index: int) -> Tensor:
        if not self._injections:
            return latents
        ended = range(step - evaluations_of_step(scheduler, index=index) + 1, step + 1)
        level = noise_level(scheduler, index=index) if ended else 0.0
        for injection in tuple(self._injections):
            deviation = injection.strength * level
            if deviation and any(one in injection.steps for one in ended):
                mask = self._mask(injection, *latents.shape[-2:]).to(latents.device)
                noise = injection_noise(injection, step=step, shape=latents.shape).to(latents.device)
                latents = latents + deviation * mask * noise
                forget_last_step(scheduler)
        return latents


def injection_mask(injection: Injection, images: Mapping[str, bytes], *, height: int, width: int) -> Tensor:
    """Where it happens and how much, `[1, 1, height, width]` in [0, 1]. Raises InvalidRecipe for a bad painted mask."""
    if injection.pattern is not None:
        mask = pattern_mask(injection.pattern, height=height, width=width, seed=injection.seed)
    else:
        assert injection.mask is not None
        painted = to_mask(open_picture(images, injection.mask, field="injections.mask"))
        mask = F.adaptive_avg_pool2d(painted, (height, width))
    return soften(mask, round(injection.feather * min(height, width)))


def injection_noise(injection: Injection, *, step: int, shape: Sequence[int]) -> Tensor:
    """Standard normal, on the CPU."""
    # Steps are far apart (by the golden ratio of 2**32), or an injection's second step would be its neighbour's first.
    seed = (injection.seed + step * 0x9E3779B1) % 2**32
    return torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed))
