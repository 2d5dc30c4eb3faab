from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from safelight.domain.recipe import Recipe
from safelight.engine.engine import Engine
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.folder import ModelFolder
from safelight.engine.message import Message, Ticket
from safelight.engine.profile import Profile
from tests.engine.stock import make_stock_pipeline


@pytest.fixture(scope="session")
def stock_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_stock_pipeline(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def stock_family(stock_folder: Path) -> StableDiffusion:
    return StableDiffusion(
        ModelFolder.open(stock_folder), provider="local", device=torch.device("cpu"), dtype=torch.float32
    )


@pytest.fixture
def engine(stock_family: StableDiffusion) -> Iterator[Engine]:
    engine = Engine(lambda _: stock_family, profile=unmeasured)
    yield engine
    engine.close()


@pytest.fixture
def recipe(stock_family: StableDiffusion) -> Callable[..., Recipe]:
    """A settled recipe for the stock model."""

    def make(**fields: object) -> Recipe:
        fields = {"prompt": "a red dragon", "steps": 6, "seed": 3, **fields}
        return stock_family.card.settle(Recipe.model_validate(fields))

    return make


def unmeasured(family: object) -> Profile:
    """Stands in for probing, which would take longer than the tests."""
    return Profile(budget=16, area=256)


def run(engine: Engine) -> list[tuple[Ticket, Message]]:
    """Step until everything is done."""
    told: list[tuple[Ticket, Message]] = []
    while engine.busy:
        told += engine.step()
    return told
