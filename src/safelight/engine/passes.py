"""The passes that a recipe takes over the noise: one, or two where the picture is enlarged and developed again."""

from dataclasses import dataclass

from diffusers import SchedulerMixin

from safelight.domain.recipe import Recipe
from safelight.domain.starting import LATENT
from safelight.engine.families.family import Family
from safelight.engine.samplers import make_scheduler

SECOND = 0x9E3779B9
"""Tells the seed of the second pass from that of the first: the same noise must not come twice."""


@dataclass(frozen=True)
class Pass:
    """One run down the noise levels.

    Attributes:
        width, height: of the picture in this pass, in pixels.
        scheduler: with its timesteps set; this pass's own.
        first: place in `scheduler.timesteps` to begin at; their number where nothing is left to do.
        seed: of all its noise.
        enlarges: it goes on from the pass before it.
    """

    width: int
    height: int
    scheduler: SchedulerMixin
    first: int
    seed: int
    enlarges: bool = False

    @property
    def evaluations(self) -> int:
        return len(self.scheduler.timesteps) - self.first


def plan(recipe: Recipe, *, seed: int, family: Family) -> tuple[Pass, ...]:
    """The passes of one picture of a settled recipe, their schedulers fresh."""
    assert recipe.steps and recipe.width and recipe.height
    scheduler = _scheduler(recipe, family, recipe.steps, width=recipe.width, height=recipe.height)
    start = recipe.image
    first = 0 if start is None else _entry(scheduler, recipe.steps, start.strength, start.at_step)
    passes = [Pass(recipe.width, recipe.height, scheduler, first, seed)]
    if recipe.hires is not None and not only_enlarges(recipe):
        steps = recipe.hires.steps or recipe.steps
        width, height = recipe.hires.size(recipe.width, recipe.height, multiple=family.card.sizes.multiple)
        scheduler = _scheduler(recipe, family, steps, width=width, height=height)
        first = _entry(scheduler, steps, recipe.hires.strength, None)
        passes.append(Pass(width, height, scheduler, first, seed ^ SECOND, enlarges=True))
    return tuple(passes)


def only_enlarges(recipe: Recipe) -> bool:
    """The finished pixels are enlarged: there is nothing to develop again, and no reason to encode them for it."""
    return recipe.hires is not None and recipe.hires.strength == 0 and recipe.hires.upscale != LATENT


def _scheduler(recipe: Recipe, family: Family, steps: int, *, width: int, height: int) -> SchedulerMixin:
    assert recipe.sampler and recipe.schedule
    _, rows, columns = family.latent_shape(width=width, height=height)
    return make_scheduler(
        family.scheduler_config,
        sampler=recipe.sampler,
        schedule=recipe.schedule,
        steps=steps,
        cells=rows * columns,
    )


def _entry(scheduler: SchedulerMixin, steps: int, strength: float, at_step: int | None) -> int:
    """Place in the timesteps at which an image enters. Any strength above 0 takes at least one step."""
    if at_step is not None:
        skipped = at_step - 1
    elif strength == 0:
        return len(scheduler.timesteps)
    elif hasattr(scheduler, "scale_noise"):
        # diffusers rounds the other way where the model matches flows.
        skipped = int(steps - min(steps * strength, steps))
    else:
        skipped = steps - max(1, int(steps * strength))
    first: int = skipped * scheduler.order
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(first)
    return first
