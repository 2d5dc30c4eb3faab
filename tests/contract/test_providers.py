"""What every provider promises. A new one is one more line in `PROVIDERS`."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from safelight.domain.model_card import Capability
from safelight.domain.progress import Drawn, Progress, Step
from safelight.domain.recipe import Recipe, picture_seed
from safelight.providers.fake import FakeProvider
from safelight.providers.local import LocalProvider
from safelight.providers.provider import Provider
from tests.engine.stock import make_stock_pipeline

pytestmark = pytest.mark.anyio

PROVIDERS: dict[str, Callable[[Path], Provider]] = {
    "fake": lambda _: FakeProvider(seconds_per_step=0.001),
    "local": lambda folder: LocalProvider([folder], device="cpu", dtype="float32"),
}
STEPS = 5


@pytest.fixture(scope="session")
def stock_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_stock_pipeline(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(params=PROVIDERS)
async def provider(request: pytest.FixtureRequest, stock_folder: Path) -> AsyncGenerator[Provider, None]:
    made = PROVIDERS[request.param](stock_folder)
    await made.open()
    async with asyncio.timeout(60):
        while made.ready() is not None:  # noqa: ASYNC110 - the contract has no other way to wait
            await asyncio.sleep(0.02)
    yield made
    await made.close()


def settled(provider: Provider, **fields: object) -> Recipe:
    card = provider.models()[0]
    return card.settle(Recipe.model_validate({"prompt": "a red dragon", "steps": STEPS, "seed": 7, **fields}))


async def draw(provider: Provider, recipe: Recipe) -> list[Progress]:
    async with aclosing(provider.generate(recipe)) as progress:
        return [news async for news in progress]


def drawn(news: list[Progress]) -> list[Drawn]:
    return [said for said in news if isinstance(said, Drawn)]


def steps(news: list[Progress]) -> list[Step]:
    return [said for said in news if isinstance(said, Step)]


async def test_every_model_says_who_draws_it(provider: Provider) -> None:
    assert provider.models()
    assert all(card.provider == provider.name for card in provider.models())


async def test_every_step_is_told_once_and_in_order(provider: Provider) -> None:
    told = steps(await draw(provider, settled(provider)))
    total = told[0].total
    assert total >= STEPS
    assert [step.step for step in told] == list(range(1, total + 1))
    assert {step.total for step in told} == {total}
    assert all(step.ms >= 0 for step in told)


async def test_the_noise_falls_from_step_to_step(provider: Provider) -> None:
    sigmas = [step.sigma for step in steps(await draw(provider, settled(provider, sampler="euler")))]
    assert sigmas == sorted(sigmas, reverse=True)
    assert sigmas[0] > sigmas[-1] >= 0


async def test_the_picture_comes_last_in_the_size_that_was_wished_for(provider: Provider) -> None:
    card = provider.models()[0]
    width = card.sizes.width
    news = await draw(provider, settled(provider))
    assert isinstance(news[-1], Drawn)
    image = news[-1].image
    opened = Image.open(BytesIO(image.data))
    assert opened.size == (image.width, image.height) == (width, card.sizes.height)
    assert Image.MIME[opened.format or ""] == image.media_type


async def test_previews_are_what_they_say_and_the_last_one_is_there(provider: Provider) -> None:
    if Capability.PREVIEWS not in provider.models()[0].capabilities:
        pytest.skip("this provider has no previews")
    told = steps(await draw(provider, settled(provider)))
    frames = [step.frame for step in told if step.frame]
    assert told[-1].frame
    for frame in frames:
        opened = Image.open(BytesIO(frame.data))
        assert opened.size == (frame.width, frame.height)
        assert Image.MIME[opened.format or ""] == frame.media_type


async def test_the_same_recipe_draws_the_same_picture_and_another_seed_another(provider: Provider) -> None:
    first, again = [drawn(await draw(provider, settled(provider)))[0].image.data for _ in range(2)]
    other = drawn(await draw(provider, settled(provider, seed=8)))[0].image.data
    assert first == again != other


async def test_pictures_of_one_generation_have_consecutive_seeds(provider: Provider) -> None:
    news = await draw(provider, settled(provider, count=3, seed=2**32 - 1))
    assert sorted((d.picture, d.seed) for d in drawn(news)) == [(n, picture_seed(2**32 - 1, n)) for n in range(3)]
    for picture in range(3):
        own = [step.step for step in steps(news) if step.picture == picture]
        assert own == list(range(1, own[-1] + 1))


async def test_closing_it_cancels_and_the_next_one_is_drawn(provider: Provider) -> None:
    async with asyncio.timeout(30):
        async with aclosing(provider.generate(settled(provider, steps=150))) as progress:
            await anext(progress)
        assert drawn(await draw(provider, settled(provider)))


async def test_generations_at_the_same_time_do_not_disturb_each_other(provider: Provider) -> None:
    recipes = [settled(provider, seed=seed, steps=STEPS + seed) for seed in range(3)]
    together = await asyncio.gather(*(draw(provider, recipe) for recipe in recipes))
    assert [len(steps(news)) for news in together] == sorted(len(steps(news)) for news in together)
    assert all(len(drawn(news)) == 1 for news in together)
