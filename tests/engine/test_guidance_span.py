"""Guidance in a part of the steps: which forwards take one row, and that the others are untouched."""

from collections.abc import Callable

import pytest
import torch

from safelight.domain.recipe import Recipe
from safelight.engine.engine import Engine
from safelight.engine.families.sd import StableDiffusion
from tests.engine.conftest import run
from tests.engine.solo import drawn_alone
from tests.engine.wardrobe import apart

Make = Callable[..., Recipe]


@pytest.mark.parametrize(
    ("span", "guided"),
    [(None, 10), ({}, 10), ({"end": 0.7}, 7), ({"start": 0.2, "end": 0.7}, 5), ({"start": 0.9, "end": 0.1}, 0)],
)
def test_outside_of_it_a_step_takes_one_row(
    engine: Engine, recipe: Make, span: dict[str, float] | None, guided: int
) -> None:
    engine.add(recipe(steps=10, guidance=5.0, guidance_span=span))
    run(engine)
    assert engine.occupancy.rows == 10 + guided


def test_its_ends_are_full_guidance_and_none(stock_family: StableDiffusion, recipe: Make) -> None:
    def latents(**fields: object) -> torch.Tensor:
        return drawn_alone(stock_family, recipe(**{"guidance": 5.0, "negative_prompt": "blue", **fields}))

    assert torch.equal(latents(guidance_span={"start": 0, "end": 1}), latents())
    none = latents(guidance=1.0)
    assert torch.equal(latents(guidance_span={"end": 0}), none)
    assert apart(latents(guidance_span={"end": 0.5}), none) > 1e-3
    assert torch.equal(latents(guidance=0.5, guidance_span={"end": 0.5}), latents(guidance=0.5))
