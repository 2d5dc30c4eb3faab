"""Samplers by their usual names, as diffusers schedulers. Every picture gets one of its own: they keep state."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import diffusers
import torch
from diffusers import SchedulerMixin

from safelight.domain.recipe import Sampler, Schedule
from safelight.engine.flow_samplers import is_flow, make_flow_scheduler


@dataclass(frozen=True)
class Solver:
    """A diffusers scheduler class by name, and what its configuration needs beside the model's own."""

    scheduler: str
    config: Mapping[str, Any] = field(default_factory=dict)


SOLVERS: Mapping[Sampler, Solver] = {
    Sampler.DDIM: Solver("DDIMScheduler"),
    Sampler.EULER: Solver("EulerDiscreteScheduler"),
    Sampler.EULER_A: Solver("EulerAncestralDiscreteScheduler"),
    Sampler.HEUN: Solver("HeunDiscreteScheduler"),
    Sampler.DPM2: Solver("KDPM2DiscreteScheduler"),
    Sampler.DPMPP_2M: Solver("DPMSolverMultistepScheduler"),
    Sampler.DPMPP_2M_SDE: Solver("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    # With an even number of steps the last one has to be of first order, or it divides by zero.
    Sampler.DPMPP_SDE: Solver(
        "DPMSolverSinglestepScheduler", {"algorithm_type": "sde-dpmsolver++", "lower_order_final": True}
    ),
    Sampler.UNIPC: Solver("UniPCMultistepScheduler"),
    Sampler.LCM: Solver("LCMScheduler"),
    Sampler.PNDM: Solver("PNDMScheduler", {"skip_prk_steps": True}),
}

SPACINGS: Mapping[Schedule, Mapping[str, bool]] = {
    Schedule.MODEL: {},
    Schedule.KARRAS: {"use_karras_sigmas": True},
    Schedule.EXPONENTIAL: {"use_exponential_sigmas": True},
}


def make_scheduler(
    config: Mapping[str, Any], *, sampler: Sampler, schedule: Schedule, steps: int, cells: int
) -> SchedulerMixin:
    """A fresh scheduler with its timesteps set.

    Args:
        config: the model's own `scheduler_config.json`.
        steps: solver steps; `len(scheduler.timesteps)` is the number of model evaluations they take.
        cells: of the picture's latents; flow models shift their noise levels by it.
    """
    if is_flow(config):
        return make_flow_scheduler(config, sampler=sampler, steps=steps, cells=cells)
    solver = SOLVERS[sampler]
    # Latents are not pictures: where a model's configuration forgets to say so, they must not be clipped to [-1, 1].
    merged = {"clip_sample": False, **config, **solver.config, **SPACINGS[schedule]}
    # LCM picks its steps out of those its teacher took (50 by default), and cannot take more of them than there are.
    merged["original_inference_steps"] = max(config.get("original_inference_steps", 50), steps)
    scheduler: SchedulerMixin = getattr(diffusers, solver.scheduler).from_config(merged)
    # On the CPU even for a GPU's latents: scheduler arithmetic reads single numbers, and each would be a sync.
    scheduler.set_timesteps(steps, device="cpu")
    return scheduler


def step_noise(scheduler: SchedulerMixin, generator: torch.Generator) -> dict[str, torch.Generator]:
    """Where a stochastic scheduler takes its noise from; empty for those that add none."""
    return {"generator": generator} if "generator" in inspect.signature(scheduler.step).parameters else {}
