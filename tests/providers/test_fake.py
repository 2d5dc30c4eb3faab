import asyncio
from contextlib import aclosing
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from safelight.domain.errors import Broken, ModelBroken, OutOfMemory
from safelight.domain.progress import Drawn, Step
from safelight.domain.recipe import Recipe
from safelight.providers.fake import CARD, FakeProvider
from tests.orders import order

pytestmark = pytest.mark.anyio
RECIPE = CARD.settle(Recipe(prompt="a red dragon", seed=1, steps=8))


async def test_the_picture_is_transparent_around_a_mirrored_creature() -> None:
    fake = FakeProvider(seconds_per_step=0)
    await fake.open()
    last = [news async for news in fake.generate(order(RECIPE))][-1]
    assert isinstance(last, Drawn)
    pixels = np.asarray(Image.open(BytesIO(last.image.data)))
    assert pixels.shape == (256, 256, 4)
    assert pixels[0, 0, 3] == 0
    assert pixels[..., 3].max() == 255
    assert (pixels[128] == pixels[128, ::-1]).all()


async def test_it_develops() -> None:
    fake = FakeProvider(seconds_per_step=0)
    await fake.open()
    news = [said async for said in fake.generate(order(RECIPE))]
    images = [
        Image.open(BytesIO(said.frame.data)).convert("RGBA") for said in news if isinstance(said, Step) and said.frame
    ]
    frames = [np.asarray(image, np.float64) for image in images]
    distances = [np.abs(frame - frames[-1]).mean() for frame in frames]
    assert len(frames) == 8
    assert distances[0] > 3 * distances[-2] > 0


async def test_another_prompt_is_another_picture() -> None:
    fake = FakeProvider(seconds_per_step=0)
    await fake.open()
    other = RECIPE.model_copy(update={"prompt": "a blue fish"})
    one, two = [[news async for news in fake.generate(order(recipe))][-1] for recipe in (RECIPE, other)]
    assert isinstance(one, Drawn)
    assert isinstance(two, Drawn)
    assert one.image.data != two.image.data


@pytest.mark.parametrize("failure", [None, OutOfMemory("no room")])
async def test_it_fails_where_it_is_told_to(failure: Exception | None) -> None:
    fake = FakeProvider(seconds_per_step=0, fails_at=3, failure=failure)
    await fake.open()
    progress = fake.generate(order(RECIPE))
    assert [await anext(progress) for _ in range(2)]
    with pytest.raises(Broken):
        await anext(progress)
    assert fake.drawing == 0


async def test_closing_it_stops_the_drawing() -> None:
    fake = FakeProvider(seconds_per_step=0)
    await fake.open()
    async with aclosing(fake.generate(order(RECIPE))) as progress:
        await anext(progress)
        assert fake.drawing == 1
    assert fake.drawing == 0


async def test_it_holds_before_the_first_step() -> None:
    hold = asyncio.Event()
    fake = FakeProvider(seconds_per_step=0, hold=hold)
    await fake.open()
    async with aclosing(fake.generate(order(RECIPE))) as progress:
        first = asyncio.ensure_future(anext(progress))
        await asyncio.sleep(0.05)
        assert not first.done()
        hold.set()
        assert isinstance(await first, Step)


async def test_it_has_to_be_opened() -> None:
    with pytest.raises(ModelBroken):
        await anext(FakeProvider().generate(order(RECIPE)))
