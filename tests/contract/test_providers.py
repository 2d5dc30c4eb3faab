"""What every provider promises. A new one is one more line in `PROVIDERS`."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from safelight.domain.model_card import Capability
from safelight.domain.order import Saved
from safelight.domain.progress import Drawn, Paused, Progress, Steered, Step
from safelight.domain.recipe import Recipe, picture_seed
from safelight.domain.steering import Injection, Pattern, Turn
from safelight.jobs.turning import turned
from safelight.providers.fake import FakeProvider
from safelight.providers.local import LocalProvider
from safelight.providers.provider import Provider
from tests.engine.stock import make_stock_pipeline
from tests.orders import order

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
    async with aclosing(provider.generate(order(recipe))) as progress:
        return [news async for news in progress]


async def test_it_tells_how_much_of_the_text_encoder_a_prompt_takes(provider: Provider) -> None:
    model = provider.models()[0].id
    count = provider.count("a (red:1.3) dragon", model=model)
    assert count is not None
    assert (count.tokens, count.chunks, count.cut) == (3, 1, None)
    long = provider.count("a " * (count.limit + 1), model=model)
    assert long is not None
    assert (long.tokens, long.chunks) == (count.limit + 1, 2)


async def test_it_tells_what_a_recipe_takes(provider: Provider) -> None:
    await draw(provider, settled(provider))
    short, long = (provider.estimate(settled(provider, steps=steps)) for steps in (4, 40))
    assert short.model == provider.models()[0].id
    assert short.fits and short.price_usd == 0
    assert short.seconds and long.seconds and short.seconds < long.seconds
    if short.memory is not None:
        assert 0 < short.memory.weights_bytes < short.memory.peak_bytes


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
        async with aclosing(provider.generate(order(settled(provider, steps=150)))) as progress:
            await anext(progress)
        assert drawn(await draw(provider, settled(provider)))


async def test_generations_at_the_same_time_do_not_disturb_each_other(provider: Provider) -> None:
    recipes = [settled(provider, seed=seed, steps=STEPS + seed) for seed in range(3)]
    together = await asyncio.gather(*(draw(provider, recipe) for recipe in recipes))
    assert [len(steps(news)) for news in together] == sorted(len(steps(news)) for news in together)
    assert all(len(drawn(news)) == 1 for news in together)


async def after(progress: AsyncGenerator[Progress, None], step: int) -> list[Progress]:
    """What is said up to a step."""
    said: list[Progress] = []
    async for news in progress:
        said.append(news)
        if isinstance(news, Step) and news.step >= step:
            break
    return said


async def test_pictures_that_are_done_are_not_drawn_again(provider: Provider) -> None:
    recipe = settled(provider, count=3)
    whole = {one.picture: one.image.data for one in drawn(await draw(provider, recipe))}
    async with aclosing(provider.generate(order(recipe, done=frozenset({0, 2})))) as progress:
        rest = {one.picture: one.image.data async for one in progress if isinstance(one, Drawn)}
    assert rest == {1: whole[1]}


def steerable(provider: Provider) -> bool:
    return Capability.STEERING in provider.models()[0].capabilities


async def test_any_checkpoint_leads_to_the_same_picture_and_a_damaged_one_too(provider: Provider) -> None:
    recipe = settled(provider, sampler="euler_a")
    news = await draw(provider, recipe)
    kept = [step.checkpoint for step in steps(news) if step.checkpoint]
    if not kept:
        pytest.skip("this one leaves no checkpoints")
    assert [one.step for one in kept] == list(range(2, steps(news)[0].total + 1))
    saved = Saved(kept[2].step, await asyncio.to_thread(kept[2].to_bytes))
    for checkpoint, first in ((saved, kept[2].step), (Saved(3, b"not a checkpoint"), 1)):
        async with aclosing(provider.generate(order(recipe, checkpoints={0: checkpoint}))) as progress:
            again = [said async for said in progress]
        assert steps(again)[0].step == first
        assert drawn(again)[0].image.data == drawn(news)[0].image.data


async def test_what_pauses_takes_no_step_and_ends_the_same(provider: Provider) -> None:
    if not steerable(provider):
        pytest.skip("this one cannot pause")
    recipe = settled(provider, steps=100)
    undisturbed = drawn(await draw(provider, recipe))[0].image.data
    wanted = order(recipe)
    async with asyncio.timeout(60), aclosing(provider.generate(wanted)) as progress:
        await after(progress, 2)
        provider.pause(wanted.key)
        while not isinstance(await anext(progress), Paused):
            pass
        next_news = asyncio.ensure_future(anext(progress))
        assert drawn(await draw(provider, settled(provider)))
        assert not next_news.done()
        provider.resume(wanted.key)
        assert await next_news == Paused(paused=False)
        assert [said.image.data async for said in progress if isinstance(said, Drawn)] == [undisturbed]


async def test_what_pauses_can_be_cancelled(provider: Provider) -> None:
    if not steerable(provider):
        pytest.skip("this one cannot pause")
    wanted = order(settled(provider, steps=100))
    async with asyncio.timeout(60), aclosing(provider.generate(wanted)) as progress:
        await after(progress, 2)
        provider.pause(wanted.key)
        while not isinstance(await anext(progress), Paused):
            pass
    provider.resume(wanted.key)
    assert drawn(await draw(provider, settled(provider)))


@pytest.mark.parametrize(
    "turn", [Turn(prompt="a blue cat"), Turn(injection=Injection(pattern=Pattern.TOP, strength=2))]
)
async def test_what_turns_says_where_and_its_recipe_draws_it_again(provider: Provider, turn: Turn) -> None:
    wished = {Capability.STEERING} | ({Capability.INJECTION} if turn.injection else set())
    if not wished <= provider.models()[0].capabilities:
        pytest.skip("this one cannot be steered so")
    recipe = settled(provider, steps=100)
    plain = drawn(await draw(provider, recipe))[0].image.data
    wanted = order(recipe)
    async with asyncio.timeout(60), aclosing(provider.generate(wanted)) as progress:
        await after(progress, 2)
        provider.steer(wanted.key, turn, images={})
        provider.steer(wanted.key, Turn(stop_after=1), images={})
        said = [news async for news in progress]
    first, second = (news for news in said if isinstance(news, Steered))
    placed = first.change.step if first.change else first.injection.first if first.injection else 0
    assert placed > 2 and second.stop_after is not None
    assert steps(said)[-1].step == second.stop_after
    replayed = drawn(await draw(provider, turned(turned(recipe, first), second)))[0].image.data
    assert replayed == drawn(said)[0].image.data != plain


async def test_steering_nothing_does_nothing(provider: Provider) -> None:
    if steerable(provider):
        provider.steer("nobody", Turn(guidance=1), images={})
        provider.pause("nobody")
        provider.resume("nobody")
