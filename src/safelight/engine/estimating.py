"""What a recipe will take on this machine, told before it runs. Needs no torch."""

import math
from dataclasses import dataclass

from safelight.domain.estimate import Adaptation, Estimate, MemoryEstimate
from safelight.domain.model_card import Capability, ModelCard
from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.footprint import Footprint

TWICE = frozenset({Sampler.HEUN, Sampler.DPM2})
"""Samplers that evaluate the model twice a step."""


@dataclass(frozen=True)
class Work:
    """What a picture of a recipe asks of the model.

    Attributes:
        rows: of the largest forward.
        unguided: share of the evaluations that take one row, although others take two.
        cells: of the largest latents.
        evaluations: times cells, over all passes.
    """

    rows: int
    cells: int
    evaluations: int
    unguided: float = 0.0

    @classmethod
    def of(cls, recipe: Recipe, card: ModelCard, *, factor: int) -> "Work":
        """
        Args:
            recipe: settled.
            factor: pixels of a latent cell, in each direction.
        """
        assert recipe.width and recipe.height and recipe.steps and recipe.guidance is not None
        guided = recipe.guidance > 1 and Capability.NEGATIVE_PROMPT in card.capabilities
        times = 2 if recipe.sampler in TWICE else 1
        cells = recipe.width * recipe.height // factor**2
        strength = 1.0 if recipe.image is None else recipe.image.strength
        steps = math.ceil(recipe.steps * strength) * times
        evaluations, largest = cells * steps, cells
        if recipe.hires is not None:
            width, height = recipe.hires.size(recipe.width, recipe.height, multiple=card.sizes.multiple)
            largest = width * height // factor**2
            steps = math.ceil((recipe.hires.steps or recipe.steps) * recipe.hires.strength) * times
            evaluations += largest * steps
        span = recipe.guidance_span
        unguided = 1 - max(0.0, span.end - span.start) if guided and span is not None else 0.0
        return cls(2 if guided else 1, largest, evaluations, unguided)

    @property
    def row_cells(self) -> float:
        """Rows times latent cells that are evaluated in all."""
        return (self.rows - self.unguided) * self.evaluations


def estimate(
    recipe: Recipe,
    card: ModelCard,
    footprint: Footprint,
    *,
    factor: int,
    budget: int | None = None,
    seconds_per_row_cell: float = 0.0,
) -> Estimate:
    """
    Args:
        recipe: settled.
        factor: pixels of a latent cell, in each direction.
        budget: bytes of memory that models and pictures may take.
        seconds_per_row_cell: what a forward costs, measured; 0 where it was not.
    """
    work = Work.of(recipe, card, factor=factor)
    rows, tiled = work.rows, False
    if budget is not None:
        tiled = footprint.weights + footprint.decode(cells=work.cells) > budget
        if footprint.peak(rows=rows, cells=work.cells, tiled=tiled) > budget:
            rows = 1
    peak = footprint.peak(rows=rows, cells=work.cells, tiled=tiled)
    fits = budget is None or peak <= budget
    made = ((Adaptation.ROW_BY_ROW, rows < work.rows), (Adaptation.DECODED_IN_TILES, tiled))
    return Estimate(
        model=card.id,
        seconds=round(seconds_per_row_cell * work.row_cells * recipe.count, 3) or None,
        memory=MemoryEstimate(
            weights_bytes=footprint.weights, peak_bytes=peak, budget_bytes=budget, measured=footprint.measured
        ),
        adaptations=tuple(adaptation for adaptation, needed in made if needed),
        fits=fits,
        hint="" if budget is None or fits else _hint(card, footprint, budget, factor),
    )


def _hint(card: ModelCard, footprint: Footprint, budget: int, factor: int) -> str:
    cells = (budget - footprint.weights) / footprint.row_cell if budget > footprint.weights else 0
    side = int(math.sqrt(cells)) * factor // card.sizes.multiple * card.sizes.multiple
    if side >= card.sizes.smallest:
        return f"A picture of {side}x{side} pixels would fit."
    return "Raise SAFELIGHT_MEMORY_GB, load the model in half precision (SAFELIGHT_DTYPE), or choose a smaller one."
