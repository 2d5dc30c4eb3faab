"""The engine's thread from outside: what a generation hears, and what happens when the thread cannot go on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from safelight.domain.errors import ModelBroken, SafelightError
from safelight.domain.progress import Drawn, Progress, Step
from safelight.domain.recipe import Recipe
from safelight.providers.local import LocalProvider
from tests.engine.stock import make_stock_pipeline

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_stock_pipeline(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
async def provider(folder: Path) -> AsyncIterator[LocalProvider]:
    provider = LocalProvider([folder], device="cpu", dtype="float32")
    await provider.open()
    yield provider
    await provider.close()


@pytest.fixture
def recipe(folder: Path) -> Callable[..., Recipe]:
    card = LocalProvider([folder]).models()[0]

    def make(**fields: object) -> Recipe:
        return card.settle(Recipe.model_validate({"prompt": "a red dragon", "steps": 4, "seed": 1, **fields}))

    return make


async def hear(provider: LocalProvider, recipe: Recipe) -> list[Progress]:
    return [progress async for progress in provider.generate(recipe)]


async def test_a_picture_and_its_last_frame(provider: LocalProvider, recipe: Callable[..., Recipe]) -> None:
    heard = await hear(provider, recipe())
    steps = [one for one in heard if isinstance(one, Step)]
    assert [step.step for step in steps] == [1, 2, 3, 4]
    assert steps[-1].frame is not None and steps[-1].frame.media_type == "image/jpeg"
    assert isinstance(heard[-1], Drawn) and heard[-1].image.data.startswith(b"\x89PNG")


async def test_the_model_is_loaded_when_it_is_first_asked_for(
    provider: LocalProvider, recipe: Callable[..., Recipe]
) -> None:
    assert not provider.models()[0].loaded
    await hear(provider, recipe())
    assert provider.models()[0].loaded
    assert provider.ready() is None


async def test_closing_the_generator_frees_the_engine(provider: LocalProvider, recipe: Callable[..., Recipe]) -> None:
    endless = provider.generate(recipe(steps=200))
    await anext(endless)
    await endless.aclose()
    assert len(await asyncio.wait_for(hear(provider, recipe(steps=2)), 30)) == 3


async def test_a_damaged_model_fails_its_recipe_and_nobody_elses(
    tmp_path: Path, folder: Path, recipe: Callable[..., Recipe]
) -> None:
    damaged = make_stock_pipeline(tmp_path / "damaged")
    next((damaged / "unet").glob("*.safetensors")).write_bytes(b"not weights")
    provider = LocalProvider([folder, damaged], device="cpu", dtype="float32")
    await provider.open()
    with pytest.raises(ModelBroken, match="damaged") as broken:
        await hear(provider, recipe().model_copy(update={"model": "damaged"}))
    assert broken.value.hint
    assert len(await hear(provider, recipe())) == 5
    await provider.close()


async def test_nobody_waits_for_an_engine_that_has_stopped(
    provider: LocalProvider, recipe: Callable[..., Recipe]
) -> None:
    endless = provider.generate(recipe(steps=200))
    await anext(endless)
    await provider.close()
    with pytest.raises(SafelightError):
        async for _ in endless:
            pass
    with pytest.raises(SafelightError):
        await hear(provider, recipe())
    assert provider.ready() is not None


def test_a_folder_that_is_no_model_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelBroken):
        LocalProvider([tmp_path])
