from pathlib import Path

import pytest

from safelight.domain.estimate import Adaptation, Estimate
from safelight.domain.model_card import ModelCard
from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.estimating import Work, estimate
from safelight.engine.folder import ModelFolder
from safelight.engine.footprint import Footprint

FOOTPRINT = Footprint(weights=1_000_000, row_cell=1000.0, decode_cell=3000.0, measured=True)
CELLS = 256


@pytest.fixture
def card(stock_folder: Path) -> ModelCard:
    return ModelFolder.open(stock_folder).card(provider="local", loaded=True)


def settled(card: ModelCard, **fields: object) -> Recipe:
    fields = {"prompt": "a", "steps": 10, "guidance": 5, "width": 32, "height": 32, "sampler": "euler", **fields}
    return card.settle(Recipe.model_validate(fields))


def estimated(card: ModelCard, budget: int | None = None, **fields: object) -> Estimate:
    return estimate(settled(card, **fields), card, FOOTPRINT, factor=2, budget=budget, seconds_per_row_cell=1e-4)


def test_memory_is_that_of_the_worst_moment(card: ModelCard) -> None:
    memory = estimated(card).memory
    assert memory is not None
    assert memory.peak_bytes == 1_000_000 + 3000 * CELLS
    assert memory.weights_bytes == 1_000_000 and memory.measured and memory.budget_bytes is None


@pytest.mark.parametrize(
    ("fields", "row_cells"),
    [
        ({}, 2 * CELLS * 10),
        ({"guidance": 1}, CELLS * 10),
        ({"guidance_span": {"start": 0.2, "end": 0.7}}, 1.5 * CELLS * 10),
        ({"count": 3}, 3 * 2 * CELLS * 10),
        ({"sampler": Sampler.HEUN}, 2 * CELLS * 20),
        ({"image": {"image": "img_" + "0" * 64, "strength": 0.5}}, 2 * CELLS * 5),
        ({"hires": {"scale": 2, "strength": 0.5}}, 2 * CELLS * 10 + 2 * 4 * CELLS * 5),
    ],
)
def test_seconds_grow_with_the_work(card: ModelCard, fields: dict[str, object], row_cells: int) -> None:
    assert estimated(card, None, **fields).seconds == pytest.approx(row_cells * 1e-4, rel=0.01)


def test_the_first_thing_to_give_is_decoding_whole_then_guidance_at_once(card: ModelCard) -> None:
    assert estimated(card, budget=2_000_000).adaptations == ()
    tiled = estimated(card, budget=1_600_000)
    assert tiled.adaptations == (Adaptation.DECODED_IN_TILES,) and tiled.fits
    narrow = estimated(card, budget=1_300_000)
    assert narrow.adaptations == (Adaptation.ROW_BY_ROW, Adaptation.DECODED_IN_TILES) and narrow.fits


def test_what_does_not_fit_says_what_would(card: ModelCard) -> None:
    refused = estimated(card, budget=1_100_000)
    assert not refused.fits and "20x20" in refused.hint
    hopeless = estimated(card, budget=900_000)
    assert not hopeless.fits and "SAFELIGHT_MEMORY_GB" in hopeless.hint


def test_what_was_not_measured_says_nothing_of_time(card: ModelCard) -> None:
    wish = settled(card)
    assert estimate(wish, card, FOOTPRINT, factor=2).seconds is None
    assert Work.of(wish, card, factor=2).rows == 2
