"""The promise: alone, a picture is diffusers' own to the last bit; in a busy batch it differs by rounding only."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor

from safelight.domain.recipe import Recipe, Sampler, Schedule
from safelight.engine.engine import Engine
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.folder import ModelFolder
from safelight.engine.message import Drawn
from tests.engine.conftest import run, unmeasured
from tests.engine.solo import Finals, drawn_alone
from tests.engine.solo import drawn_by_diffusers as by_diffusers
from tests.engine.stock import make_stock_pipeline

ROUNDING = 1e-5
"""Of the latents' own scale."""


def drawn_by_diffusers(folder: Path, recipe: Recipe) -> Tensor:
    return by_diffusers(StableDiffusionPipeline, folder, recipe, width=recipe.width, height=recipe.height)


@pytest.mark.parametrize("sampler", Sampler)
def test_alone_it_is_diffusers_own_picture_to_the_bit(
    sampler: Sampler, stock_folder: Path, stock_family: StableDiffusion, recipe: Callable[..., Recipe]
) -> None:
    wish = recipe(sampler=sampler, guidance=5.5, negative_prompt="blue", steps=7)
    assert torch.equal(drawn_alone(stock_family, wish), drawn_by_diffusers(stock_folder, wish))


@pytest.mark.parametrize("guidance", [0, 1, 1.0001, 20])
def test_guidance_off_and_on(
    guidance: float, stock_folder: Path, stock_family: StableDiffusion, recipe: Callable[..., Recipe]
) -> None:
    wish = recipe(guidance=guidance, sampler=Sampler.EULER)
    assert torch.equal(drawn_alone(stock_family, wish), drawn_by_diffusers(stock_folder, wish))


@pytest.mark.parametrize("schedule", [Schedule.KARRAS, Schedule.EXPONENTIAL])
def test_other_noise_spacings(
    schedule: Schedule, stock_folder: Path, stock_family: StableDiffusion, recipe: Callable[..., Recipe]
) -> None:
    wish = recipe(schedule=schedule, sampler=Sampler.DPMPP_2M, guidance=4)
    assert torch.equal(drawn_alone(stock_family, wish), drawn_by_diffusers(stock_folder, wish))


def test_v_prediction_and_an_odd_size(tmp_path: Path) -> None:
    folder = make_stock_pipeline(tmp_path / "velocity", prediction_type="v_prediction")
    family = StableDiffusion(
        ModelFolder.open(folder), provider="local", device=torch.device("cpu"), dtype=torch.float32
    )
    wish = family.card.settle(Recipe(prompt="a cat", steps=5, seed=9, width=48, height=24, sampler=Sampler.HEUN))
    assert torch.equal(drawn_alone(family, wish), drawn_by_diffusers(folder, wish))


def test_in_a_busy_batch_it_differs_by_rounding_only(
    stock_family: StableDiffusion, recipe: Callable[..., Recipe]
) -> None:
    wishes = [
        recipe(sampler=sampler, steps=4 + 3 * number, seed=number, guidance=guidance, width=width)
        for number, (sampler, guidance, width) in enumerate(
            [
                (Sampler.DPMPP_2M, 7, 32),
                (Sampler.DDIM, 1, 32),
                (Sampler.EULER_A, 3, 32),
                (Sampler.HEUN, 9, 48),
                (Sampler.DPMPP_SDE, 0, 32),
                (Sampler.UNIPC, 12, 48),
                (Sampler.LCM, 2, 32),
                (Sampler.PNDM, 5, 32),
            ]
        )
    ]
    alone = [drawn_alone(stock_family, wish) for wish in wishes]
    finals = Finals(stock_family)
    engine = Engine(lambda _: finals, profile=unmeasured)  # type: ignore[arg-type, return-value]
    tickets = [engine.add(wish) for wish in wishes]
    told = run(engine)
    engine.close()
    order = [tickets.index(ticket) for ticket, message in told if isinstance(message, Drawn)]
    assert sorted(order) == list(range(8))
    for number, latents in zip(order, finals.latents, strict=True):
        difference = (latents - alone[number]).abs().max() / alone[number].abs().max()
        assert difference <= ROUNDING, (wishes[number].sampler, float(difference))
