"""Starting from an image: diffusers' own pictures to the bit, and everything else next to them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline
from PIL import Image

from safelight.domain.errors import InvalidRecipe
from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.canvas import Canvas
from safelight.engine.engine import Engine
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.folder import ModelFolder
from safelight.engine.message import Drawn, Stepped
from tests.engine.conftest import run, unmeasured
from tests.engine.solo import (
    Finals,
    developed,
    drawn_alone,
    drawn_by_diffusers,
    file_of,
    name_of,
    photograph,
    white_box,
)
from tests.engine.stock import make_stock_pipeline

Make = Callable[..., Recipe]

PHOTO, MASK = name_of(1), name_of(2)
BOX = (8, 4, 22, 20)
IMAGES = {PHOTO: file_of(photograph()), MASK: file_of(white_box(BOX))}


def from_image(**start: object) -> dict[str, object]:
    return {"image": PHOTO, **start}


@pytest.fixture(scope="module")
def nine_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_stock_pipeline(tmp_path_factory.mktemp("nine") / "nine", inpaint=True)


@pytest.fixture(scope="module")
def nine(nine_folder: Path) -> StableDiffusion:
    return StableDiffusion(
        ModelFolder.open(nine_folder), provider="local", device=torch.device("cpu"), dtype=torch.float32
    )


@pytest.mark.parametrize(
    ("sampler", "strength"),
    [*((one, 0.5) for one in Sampler), (Sampler.HEUN, 1.0), (Sampler.DDIM, 0.3), (Sampler.LCM, 1.0)],
)
def test_from_an_image_it_is_diffusers_own_picture_to_the_bit(
    sampler: Sampler, strength: float, stock_folder: Path, stock_family: StableDiffusion, recipe: Make
) -> None:
    wish = recipe(sampler=sampler, guidance=5.5, steps=7, image=from_image(strength=strength))
    theirs = drawn_by_diffusers(
        StableDiffusionImg2ImgPipeline, stock_folder, wish, image=photograph(), strength=strength
    )
    assert torch.equal(drawn_alone(stock_family, wish, IMAGES), theirs)


@pytest.mark.parametrize(
    ("sampler", "strength"), [*((one, 0.5) for one in Sampler), (Sampler.EULER_A, 1.0), (Sampler.DPMPP_2M, 1.0)]
)
def test_a_part_of_an_image_is_diffusers_own_to_the_bit(
    sampler: Sampler, strength: float, stock_folder: Path, stock_family: StableDiffusion, recipe: Make
) -> None:
    wish = recipe(sampler=sampler, guidance=5.5, steps=6, image=from_image(strength=strength), mask={"image": MASK})
    # The pipeline encodes the masked image even for models that never see it; giving it one keeps its generator ours.
    unused = torch.zeros(1, 4, 16, 16)
    theirs = drawn_by_diffusers(
        StableDiffusionInpaintPipeline,
        stock_folder,
        wish,
        image=photograph(),
        mask_image=white_box(BOX),
        masked_image_latents=unused,
        strength=strength,
        height=32,
        width=32,
    )
    assert torch.equal(drawn_alone(stock_family, wish, IMAGES), theirs)


@pytest.mark.parametrize(
    ("sampler", "strength"), [(Sampler.DDIM, 0.5), (Sampler.EULER_A, 1.0), (Sampler.DPMPP_2M, 1.0), (Sampler.HEUN, 0.5)]
)
def test_a_model_that_takes_the_mask_is_diffusers_own_to_the_bit(
    sampler: Sampler, strength: float, nine_folder: Path, nine: StableDiffusion
) -> None:
    fields = {"image": from_image(strength=strength), "mask": {"image": MASK}, "sampler": sampler, "guidance": 4.0}
    wish = nine.card.settle(Recipe.model_validate({"prompt": "a cat", "steps": 6, "seed": 5, **fields}))
    theirs = drawn_by_diffusers(
        StableDiffusionInpaintPipeline,
        nine_folder,
        wish,
        image=photograph(),
        mask_image=white_box(BOX),
        strength=strength,
        height=32,
        width=32,
    )
    assert torch.equal(drawn_alone(nine, wish, IMAGES), theirs)


def test_a_model_that_takes_the_mask_draws_without_one(nine: StableDiffusion) -> None:
    wish = nine.card.settle(Recipe(prompt="a cat", steps=3, seed=5))
    assert developed(nine, wish)[1].size == (32, 32)


@pytest.mark.parametrize("sampler", [Sampler.DDIM, Sampler.EULER, Sampler.HEUN, Sampler.DPMPP_SDE])
def test_entering_at_a_step_is_the_strength_that_leaves_as_many(
    sampler: Sampler, stock_family: StableDiffusion, recipe: Make
) -> None:
    by_step = recipe(sampler=sampler, steps=8, image=from_image(at_step=5))
    by_strength = recipe(sampler=sampler, steps=8, image=from_image(strength=0.5))
    assert torch.equal(drawn_alone(stock_family, by_step, IMAGES), drawn_alone(stock_family, by_strength, IMAGES))


def test_a_little_strength_takes_one_step_and_none_takes_none(engine: Engine, recipe: Make) -> None:
    for strength, steps in ((0.01, [1]), (0.0, [])):
        engine.add(recipe(steps=10, image=from_image(strength=strength)), images=IMAGES)
        told = [message for _, message in run(engine)]
        assert [message.step for message in told if isinstance(message, Stepped)] == steps
        assert any(isinstance(message, Drawn) for message in told)


def test_without_strength_it_is_the_image_through_the_models_eyes(stock_family: StableDiffusion, recipe: Make) -> None:
    wish = recipe(image=from_image(strength=0.0))
    seen = stock_family.decode(drawn_alone(stock_family, wish, IMAGES))
    assert developed(stock_family, wish, IMAGES)[1].tobytes() == seen.tobytes()
    other = recipe(image=from_image(strength=0.0), prompt="a robot", steps=3)
    assert torch.equal(drawn_alone(stock_family, other, IMAGES), drawn_alone(stock_family, wish, IMAGES))


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("feather", [0, 6])
def test_what_is_not_drawn_is_the_images_own(
    strength: float, feather: int, stock_family: StableDiffusion, recipe: Make
) -> None:
    wish = recipe(steps=4, image=from_image(strength=strength), mask={"image": MASK, "feather": feather})
    picture = np.asarray(developed(stock_family, wish, IMAGES)[1])
    left, top, right, bottom = BOX
    kept = np.ones((32, 32), bool)
    kept[max(0, top - feather) : bottom + feather, max(0, left - feather) : right + feather] = False
    assert kept.any() and np.array_equal(picture[kept], np.asarray(photograph())[kept])
    inside = picture[top:bottom, left:right], np.asarray(photograph())[top:bottom, left:right]
    assert not np.array_equal(*inside)


def test_an_inverted_mask_is_the_other_part(stock_family: StableDiffusion, recipe: Make) -> None:
    negative = Image.eval(white_box(BOX), lambda level: 255 - level)
    straight = recipe(steps=3, image=from_image(), mask={"image": MASK})
    inverted = recipe(steps=3, image=from_image(), mask={"image": MASK, "invert": True})
    theirs = {PHOTO: IMAGES[PHOTO], MASK: file_of(negative)}
    assert torch.equal(drawn_alone(stock_family, straight, IMAGES), drawn_alone(stock_family, inverted, theirs))


def test_a_mask_of_another_size_lies_over_the_image_as_it_would_scaled(stock_family: StableDiffusion) -> None:
    wide = {PHOTO: file_of(photograph(64, 32)), MASK: file_of(white_box((20, 0, 44, 16), 64, 32).resize((128, 64)))}
    wish = Recipe.model_validate(
        {"prompt": "a cat", "image": from_image(), "mask": {"image": MASK}, "width": 32, "height": 32}
    )
    canvas = Canvas.of(wish, wide, width=32, height=32)
    assert canvas is not None and canvas.mask is not None
    assert canvas.picture.convert("RGB").tobytes() == photograph(64, 32).crop((16, 0, 48, 32)).tobytes()
    assert torch.equal(canvas.mask[0, 0, :16, 4:28], torch.ones(16, 24)) and float(canvas.mask.sum()) == 16 * 24


def test_a_picture_grows_where_it_is_asked_to(stock_family: StableDiffusion, recipe: Make) -> None:
    small = {PHOTO: file_of(photograph(24, 28))}
    wish = recipe(steps=3, image=from_image(strength=1.0), outpaint={"left": 8, "bottom": 4}, width=32, height=32)
    picture = np.asarray(developed(stock_family, wish, small)[1])
    # Beyond the seam the image is as it was.
    assert np.array_equal(picture[:12, 24:], np.asarray(photograph(24, 28))[:12, 16:])
    canvas = Canvas.of(wish, small, width=32, height=32)
    assert canvas is not None and canvas.mask is not None
    assert canvas.mask[..., :8].min() == canvas.mask[..., 28:, :].min() == 1
    assert canvas.mask[..., 0, -1] == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"image": {"image": PHOTO, "at_step": 9}, "steps": 8}, "image.at_step"),
        ({"image": {"image": PHOTO}, "outpaint": {"left": 16, "right": 16}}, "outpaint"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_the_field(
    fields: dict[str, object], field: str, recipe: Make
) -> None:
    with pytest.raises(InvalidRecipe) as refused:
        recipe(**fields)
    assert list(refused.value.fields) == [field] and refused.value.hint


def test_starts_of_every_kind_share_a_batch_and_differ_by_rounding_only(
    stock_family: StableDiffusion, recipe: Make
) -> None:
    wishes = [
        recipe(steps=5, guidance=6.0),
        recipe(steps=8, seed=1, image=from_image(strength=0.5), sampler=Sampler.EULER_A),
        recipe(steps=4, seed=2, image=from_image(at_step=2), sampler=Sampler.HEUN, guidance=1.0),
        recipe(steps=6, seed=3, image=from_image(), mask={"image": MASK, "feather": 4}),
        recipe(steps=5, seed=4, image=from_image(strength=1.0), outpaint={"right": 12}, sampler=Sampler.DDIM),
        recipe(steps=4, seed=5, hires={"scale": 1.5, "strength": 0.6}, sampler=Sampler.UNIPC),
        recipe(steps=7, seed=6, injections=[{"pattern": "checkerboard", "first": 2, "last": 4}], sampler=Sampler.PNDM),
    ]
    alone = [drawn_alone(stock_family, wish, IMAGES) for wish in wishes]
    finals = Finals(stock_family)
    engine = Engine(lambda _: finals, profile=unmeasured)  # type: ignore[arg-type, return-value]
    tickets = [engine.add(wish, images=IMAGES) for wish in wishes]
    told = run(engine)
    engine.close()
    assert any(message.batch >= 4 for _, message in told if isinstance(message, Stepped))
    order = [tickets.index(ticket) for ticket, message in told if isinstance(message, Drawn)]
    assert sorted(order) == list(range(len(wishes)))
    for number, latents in zip(order, finals.latents, strict=True):
        difference = (latents - alone[number]).abs().max() / alone[number].abs().max()
        assert difference <= 1e-5, (number, float(difference))
