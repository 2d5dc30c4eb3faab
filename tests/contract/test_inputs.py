from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import update

from safelight.domain.access import HOME
from safelight.domain.errors import NotFound, UnusableImage
from safelight.domain.images import image_fields, with_images
from safelight.domain.recipe import Recipe
from safelight.store.blobs import MemoryBlobs
from safelight.store.inputs import FORGOTTEN_AFTER, Inputs
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.schema import INPUTS
from tests.store.making import record

pytestmark = pytest.mark.anyio


@pytest.fixture
def kept() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def inputs(records: Records, kept: MemoryBlobs, pictures: Pictures) -> Inputs:
    return Inputs(records, kept, pictures)


def png(colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


async def grow_old(records: Records) -> None:
    async with records.engine.begin() as connection:
        long_ago = datetime.now(UTC) - 2 * FORGOTTEN_AFTER
        await connection.execute(update(INPUTS).values(used_at=long_ago))


def test_images_are_found_wherever_they_stand() -> None:
    one, two = f"img_{'1' * 64}", f"img_{'2' * 64}"
    recipe = Recipe.model_validate(
        {
            "prompt": "image mask",
            "image": {"image": one},
            "mask": {"image": two},
            "controls": [{"model": "edges", "image": one}],
            "injections": [{"mask": two, "first": 1}, {"pattern": "top", "first": 1}],
        }
    )
    found = {"image.image": one, "mask.image": two, "controls.0.image": one, "injections.0.mask": two}
    assert image_fields(recipe) == found
    assert image_fields(with_images(recipe, lambda field, image: two if image == one else one)) == {
        field: two if image == one else one for field, image in found.items()
    }
    assert with_images(recipe, lambda field, image: image) == recipe


async def test_the_same_image_is_one_file(inputs: Inputs, kept: MemoryBlobs) -> None:
    first = await inputs.keep(png(), workspace=HOME)
    assert await inputs.keep(png(), workspace=HOME) == first
    assert (await kept.stats()).count == 1
    assert await inputs.get(first.id, workspace=HOME) == (first, png())
    with pytest.raises(UnusableImage):
        await inputs.keep(b"nothing", workspace=HOME)


async def test_what_nobody_refers_to_goes_after_a_day(inputs: Inputs, records: Records, kept: MemoryBlobs) -> None:
    used, unused, fresh = [await inputs.keep(png(colour), workspace=HOME) for colour in ("red", "green", "blue")]
    recipe = Recipe.model_validate({"prompt": "a", "seed": 1, "image": {"image": used.id}})
    await records.add(record(recipe=recipe))
    assert await inputs.sweep() == 0
    await grow_old(records)
    assert await inputs.keep(png("blue"), workspace=HOME) == fresh
    assert await inputs.sweep() == 1
    assert (await kept.stats()).count == 2
    with pytest.raises(NotFound):
        await inputs.get(unused.id, workspace=HOME)
    assert await inputs.keep(png("green"), workspace=HOME) == unused


async def test_an_image_that_came_with_a_turn_is_kept_too(inputs: Inputs, records: Records) -> None:
    generation = await records.add(record())
    image = await inputs.keep(png(), workspace=HOME)
    recipe = Recipe.model_validate({"prompt": "a", "seed": 1, "injections": [{"mask": image.id, "first": 1}]})
    for _ in range(2):
        await records.change(generation.id, recipe=recipe)
    await grow_old(records)
    assert await inputs.sweep() == 0
    assert await inputs.load(recipe, workspace=HOME) == {image.id: png()}


async def test_a_kept_image_that_is_used_again_is_not_swept(inputs: Inputs, records: Records) -> None:
    image = await inputs.keep(png(), workspace=HOME)
    await grow_old(records)
    recipe = Recipe.model_validate({"prompt": "a", "image": {"image": image.id}})
    assert await inputs.settle(recipe, workspace=HOME) == recipe
    assert await inputs.sweep() == 0
