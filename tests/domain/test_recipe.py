import math

import pytest
from pydantic import ValidationError

from safelight.domain.errors import Unsupported
from safelight.domain.model_card import Capability, Defaults, ModelCard, Sizes
from safelight.domain.recipe import SEED_LIMIT, Recipe, Sampler, Schedule, picture_seed

CARD = ModelCard(
    id="m",
    name="Model",
    provider="local",
    family="sd",
    sizes=Sizes(width=256, height=256, multiple=64, smallest=128, largest=512),
    defaults=Defaults(steps=12, guidance=4.0, sampler=Sampler.EULER),
    samplers=(Sampler.EULER, Sampler.DDIM),
    capabilities=frozenset({Capability.TEXT}),
)


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": ""},
        {"prompt": " \n"},
        {"prompt": "a\x00b"},
        {"prompt": "\ud83d"},
        {"prompt": "x" * 10_001},
        {"steps": 0},
        {"steps": 10**9},
        {"guidance": math.nan},
        {"guidance": math.inf},
        {"guidance": -1},
        {"width": 7},
        {"height": 100_000},
        {"width": 257},
        {"seed": -1},
        {"seed": SEED_LIMIT},
        {"count": 0},
        {"sampler": "nobody"},
        {"stepz": 3},
    ],
    ids=str,
)
def test_what_is_no_recipe_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Recipe.model_validate({"prompt": "a cat", **fields})


def test_a_recipe_never_changes() -> None:
    with pytest.raises(ValidationError):
        Recipe(prompt="a cat").steps = 3  # type: ignore[misc]


def test_settling_fills_in_everything_and_changes_nothing_that_was_said() -> None:
    settled = CARD.settle(Recipe(prompt="a cat", guidance=0, width=128))
    assert (settled.steps, settled.sampler, settled.model) == (12, Sampler.EULER, "m")
    assert (settled.width, settled.height) == (128, 256)
    assert settled.guidance == 0, "none is a wish, not a gap"
    decided = ("model", "steps", "guidance", "sampler", "schedule", "seed", "width", "height")
    assert None not in settled.model_dump(include=set(decided)).values()
    assert CARD.settle(settled) == settled


def test_seeds_are_drawn_once_and_wrap() -> None:
    assert len({CARD.settle(Recipe(prompt="a cat")).seed for _ in range(8)}) > 1
    assert picture_seed(SEED_LIMIT - 1, 1) == 0


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"width": 64}, "from 128 to 512"),
        ({"height": 576}, "from 128 to 512"),
        ({"width": 136}, "multiple of 64"),
        ({"sampler": Sampler.LCM}, "euler, ddim"),
        ({"sampler": Sampler.DDIM, "schedule": Schedule.KARRAS}, "Leave the schedule out"),
    ],
    ids=str,
)
def test_what_the_model_cannot_do_is_said_with_what_it_can(fields: dict[str, object], hint: str) -> None:
    with pytest.raises(Unsupported) as refused:
        CARD.settle(Recipe.model_validate({"prompt": "a cat", **fields}))
    assert hint in refused.value.hint
