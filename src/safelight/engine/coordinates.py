"""Noise in a scheduler's own coordinates.

Latents `x` are `a * clean + s * noise` with noise of standard deviation 1. Where variance is preserved `a² + s² = 1`
(DDIM, DPM-Solver), where it explodes `a = 1` (Euler, Heun), and in flow matching `a = 1 - s`. The schedulers know which
they are; asking them keeps it out of everything else.
"""

import torch
from diffusers import DPMSolverSinglestepScheduler, PNDMScheduler, SchedulerMixin, UniPCMultistepScheduler
from torch import Tensor


def noised(scheduler: SchedulerMixin, clean: Tensor, noise: Tensor, *, index: int) -> Tensor:
    """`clean` with as much noise as the scheduler's timestep `index` expects; unchanged after the last."""
    timestep = scheduler.timesteps[index : index + 1]
    if not len(timestep):
        return clean
    if hasattr(scheduler, "scale_noise"):  # flow matching
        mixed: Tensor = scheduler.scale_noise(clean, timestep, noise)
    else:
        mixed = scheduler.add_noise(clean, noise, timestep)
    return mixed


def noise_level(scheduler: SchedulerMixin, *, index: int) -> float:
    """The standard deviation `s` of the noise at the timestep `index`; 0 after the last."""
    cell = torch.zeros((1, 1, 1, 1))
    return float(noised(scheduler, cell, torch.ones_like(cell), index=index))


def evaluations_of_step(scheduler: SchedulerMixin, *, index: int) -> int:
    """How many evaluations the solver step took that has just ended; 0 in the middle of one.

    In the middle the solver has put aside the latents that it began the step with, and will go on from those: what is
    done to its trial latents is lost.

    Args:
        index: of the timestep that comes next.
    """
    if isinstance(scheduler, DPMSolverSinglestepScheduler):
        orders: list[int] = scheduler.order_list
        return 0 if index < len(orders) and orders[index] > 1 else orders[index - 1]
    if isinstance(scheduler, PNDMScheduler):
        return {1: 0, 2: 2}.get(scheduler.counter, 1)
    if getattr(scheduler, "order", 1) == 2:
        return 2 if scheduler.state_in_first_order else 0
    return 1


def forget_last_step(scheduler: SchedulerMixin) -> None:
    """Make a scheduler go on from the latents as they are now. UniPC's corrector would go back behind them."""
    if isinstance(scheduler, UniPCMultistepScheduler):
        scheduler.last_sample = None
