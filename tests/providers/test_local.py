"""The engine's thread from outside: what a generation hears, and what happens when the thread cannot go on."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from safelight.domain.errors import ModelBroken, SafelightError, Unsupported
from safelight.domain.model_card import ModelState
from safelight.domain.progress import Drawn, Progress, Remark, Step
from safelight.domain.recipe import Recipe
from safelight.providers.local import LocalProvider
from tests.engine.stock import make_stock_pipeline
from tests.engine.wardrobe import make_lora
from tests.orders import order

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
    return [progress async for progress in provider.generate(order(recipe))]


async def test_a_picture_and_its_last_frame(provider: LocalProvider, recipe: Callable[..., Recipe]) -> None:
    heard = await hear(provider, recipe())
    steps = [one for one in heard if isinstance(one, Step)]
    assert [step.step for step in steps] == [1, 2, 3, 4]
    assert steps[-1].frame is not None and steps[-1].frame.media_type == "image/jpeg"
    assert isinstance(heard[-1], Drawn) and heard[-1].image.data.startswith(b"\x89PNG")


async def test_where_previews_have_had_their_share_each_picture_still_has_its_first(
    folder: Path, recipe: Callable[..., Recipe]
) -> None:
    provider = LocalProvider([folder], device="cpu", dtype="float32", preview_share=1e-9)
    await provider.open()
    try:
        await hear(provider, recipe(steps=150))  # spends what there is at first
        heard = await hear(provider, recipe(count=2))
    finally:
        await provider.close()
    shown = {(one.picture, one.step) for one in heard if isinstance(one, Step) and one.frame is not None}
    assert shown == {(0, 1), (1, 1), (0, 4), (1, 4)}


def test_adapters_are_everyones_or_a_models_own(folder: Path, tmp_path: Path) -> None:
    for place in (tmp_path / "model", tmp_path / "home"):
        shutil.copytree(folder, place) if place.name == "model" else place.mkdir()
        make_lora(folder, place / "loras" / f"{place.name}.safetensors")
    cards = LocalProvider([tmp_path / "model"], adapters=tmp_path / "home").adapters()
    assert {(card.id, card.model) for card in cards} == {("home", None), ("model", "model")}


async def test_the_model_is_loaded_when_it_is_first_asked_for(
    provider: LocalProvider, recipe: Callable[..., Recipe]
) -> None:
    assert provider.models()[0].state is ModelState.INSTALLED
    await hear(provider, recipe())
    assert provider.models()[0].state is ModelState.LOADED
    assert provider.ready() is None


async def test_closing_the_generator_frees_the_engine(provider: LocalProvider, recipe: Callable[..., Recipe]) -> None:
    endless = provider.generate(order(recipe(steps=200)))
    await anext(endless)
    await endless.aclose()
    async with asyncio.timeout(30):
        assert len(await hear(provider, recipe(steps=2))) == 3


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
    endless = provider.generate(order(recipe(steps=200)))
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


async def test_a_prompt_longer_than_the_model_was_trained_with_is_drawn_and_told(
    folder: Path, tmp_path: Path, recipe: Callable[..., Recipe]
) -> None:
    modest = shutil.copytree(folder, tmp_path / folder.name)
    (modest / "safelight.json").write_text('{"prompt_chunks": 1}')
    provider = LocalProvider([modest], device="cpu", dtype="float32")
    await provider.open()
    short, long = (
        await hear(provider, recipe()),
        await hear(provider, recipe(prompt="a red dragon in the castle a cat")),
    )
    await provider.close()
    assert [one for one in short if isinstance(one, Remark)] == []
    (remark,) = [one for one in long if isinstance(one, Remark)]
    assert (remark.code, "8 tokens" in remark.detail, "at most 6" in remark.detail) == ("prompt_long", True, True)
    assert isinstance(long[-1], Drawn)


async def test_a_word_that_cannot_be_used_fails_its_own_generation_only(
    folder: Path, tmp_path: Path, recipe: Callable[..., Recipe]
) -> None:
    (tmp_path / "moss.pt").write_bytes(b"a pickle")
    provider = LocalProvider([folder], device="cpu", dtype="float32", embeddings=tmp_path)
    await provider.open()
    with pytest.raises(Unsupported, match="pickle"):
        await hear(provider, recipe(prompt="a moss castle"))
    assert isinstance((await hear(provider, recipe()))[-1], Drawn)
    with pytest.raises(Unsupported, match="pickle"):
        provider.count("a moss castle", model=folder.name)
    await provider.close()
