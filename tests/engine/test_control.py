"""Control networks: diffusers' own picture with them, at the steps they were asked for."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import ControlNetModel, StableDiffusionControlNetPipeline
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from safelight.domain.adapting import Control
from safelight.domain.errors import InvalidRecipe, UnknownModel, Unsupported
from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.preprocessors import edges
from tests.engine.wardrobe import ROUNDING, apart, draw, drawn_by, fail, load, make_controlnet, picture, png, stock

EDGES, FLAT = "img_" + "e" * 64, "img_" + "f" * 64
DRAWING = Image.effect_noise((32, 32), 90).convert("RGB")
IMAGES = {EDGES: png(DRAWING), FLAT: picture()}

Wish = Callable[..., Recipe]


@pytest.fixture(scope="module")
def home(stock_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    make_controlnet(stock_folder, home / "controlnets" / "scribble", seed=1)
    make_controlnet(stock_folder, home / "controlnets" / "sd" / "canny", seed=2)
    make_controlnet(stock_folder, home / "controlnets" / "wide", cross_attention_dim=48)
    return home


@pytest.fixture(scope="module")
def family(stock_folder: Path, home: Path) -> StableDiffusion:
    return load(stock_folder, home)


@pytest.fixture(scope="module")
def wish(family: StableDiffusion) -> Wish:
    def make(*controls: dict[str, object], **fields: object) -> Recipe:
        wished = {"prompt": "a red dragon", "negative_prompt": "blue", "steps": 5, "seed": 3, "guidance": 5.0, **fields}
        recipe = Recipe.model_validate({"sampler": Sampler.DDIM, **wished, "controls": controls})
        return family.card.settle(recipe)

    return make


def one(**fields: object) -> dict[str, object]:
    return {"model": "scribble", "image": EDGES, **fields}


def networks(home: Path, *ids: str) -> list[ControlNetModel]:
    return [ControlNetModel.from_pretrained(home / "controlnets" / id) for id in ids]


@pytest.mark.parametrize(
    ("weight", "start", "end", "guidance", "sampler"),
    [
        (1.0, 0.0, 1.0, 5.0, Sampler.DDIM),
        (0.6, 0.0, 0.5, 5.0, Sampler.EULER_A),
        (1.4, 0.3, 1.0, 1.0, Sampler.HEUN),
        (0.8, 0.25, 0.75, 3.0, Sampler.PNDM),
    ],
)
def test_it_is_diffusers_own_picture(
    weight: float, start: float, end: float, guidance: float, sampler: Sampler,
    stock_folder: Path, home: Path, family: StableDiffusion, wish: Wish,
) -> None:  # fmt: skip
    recipe = wish(one(weight=weight, start=start, end=end), guidance=guidance, sampler=sampler)
    pipeline = stock(stock_folder, StableDiffusionControlNetPipeline, controlnet=networks(home, "scribble")[0])
    expected = drawn_by(
        pipeline,
        recipe,
        image=DRAWING,
        controlnet_conditioning_scale=weight,
        control_guidance_start=start,
        control_guidance_end=end,
    )
    followed = draw(family, recipe, images=IMAGES)[0]
    # Where diffusers adds residuals of 0, nothing is added here: the same numbers, by other routines.
    assert apart(followed, expected) <= 1e-6
    assert apart(followed, draw(family, wish(guidance=guidance, sampler=sampler))[0]) > 1e-2, "it follows nothing"


def test_with_every_sampler(stock_folder: Path, home: Path, family: StableDiffusion, wish: Wish) -> None:
    pipeline = stock(stock_folder, StableDiffusionControlNetPipeline, controlnet=networks(home, "scribble")[0])
    for sampler in Sampler:
        recipe = wish(one(weight=0.9), sampler=sampler)
        expected = drawn_by(pipeline, recipe, image=DRAWING, controlnet_conditioning_scale=0.9)
        assert apart(draw(family, recipe, images=IMAGES)[0], expected) <= ROUNDING, sampler


def test_several_at_once_and_an_image_of_another_size(
    stock_folder: Path, home: Path, family: StableDiffusion, wish: Wish
) -> None:
    recipe = wish(one(weight=0.7, end=0.8), one(model="sd/canny", image=FLAT, weight=0.5, start=0.2))
    pipeline = stock(stock_folder, StableDiffusionControlNetPipeline, controlnet=networks(home, "scribble", "sd/canny"))
    expected = drawn_by(
        pipeline,
        recipe,
        image=[DRAWING, pixels(FLAT)],
        controlnet_conditioning_scale=[0.7, 0.5],
        control_guidance_start=[0.0, 0.2],
        control_guidance_end=[0.8, 1.0],
    )
    assert apart(draw(family, recipe, images=IMAGES)[0], expected) <= 1e-6


def pixels(id: str) -> Image.Image:
    from safelight.engine.inputs import look

    return look(IMAGES, id)


def test_weight_0_and_steps_that_never_come_change_nothing(family: StableDiffusion, wish: Wish) -> None:
    plain = draw(family, wish())[0]
    assert torch.equal(draw(family, wish(one(weight=0.0)), images=IMAGES)[0], plain)
    assert torch.equal(draw(family, wish(one(start=0.5, end=0.5)), images=IMAGES)[0], plain)


def test_rows_of_different_weights_and_images_share_a_forward(family: StableDiffusion, wish: Wish) -> None:
    wishes = [
        wish(one(weight=0.5)),
        wish(one(weight=1.5, image=FLAT), guidance=1.0, steps=7),
        wish(one(weight=1.0), sampler=Sampler.EULER),
    ]
    together = draw(family, *wishes, images=IMAGES)
    for recipe, latents in zip(wishes, together, strict=True):
        assert apart(latents, draw(family, recipe, images=IMAGES)[0]) <= 1e-5


def test_the_preprocessor_is_applied_at_the_pictures_own_size(family: StableDiffusion, wish: Wish) -> None:
    drawn = draw(family, wish(one(image=FLAT, preprocessor="canny")), images=IMAGES)[0]
    ready = {EDGES: png(edges(pixels(FLAT).resize((32, 32), Image.Resampling.LANCZOS)))}
    assert torch.equal(drawn, draw(family, wish(one()), images=ready)[0])


def test_a_network_of_another_model_is_refused(family: StableDiffusion, wish: Wish) -> None:
    error = fail(family, wish(one(model="wide")), IMAGES)
    assert isinstance(error, Unsupported) and "48" in str(error) and "32" in str(error)


def test_what_is_missing_is_said(family: StableDiffusion, wish: Wish) -> None:
    unknown = fail(family, wish(one(model="scrible")), IMAGES)
    assert isinstance(unknown, UnknownModel) and "scribble" in unknown.hint
    assert isinstance(fail(family, wish(one()), {}), InvalidRecipe)
    assert isinstance(fail(family, wish(one()), {EDGES: b"no picture"}), InvalidRecipe)


@given(
    st.integers(1, 60).flatmap(lambda total: st.tuples(st.integers(1, total), st.just(total))),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_it_counts_where_diffusers_says(at: tuple[int, int], start: float, end: float) -> None:
    step, total = at
    control = Control(model="m", image=EDGES, start=start, end=end)
    keep = 1.0 - float((step - 1) / total < start or step / total > end)
    assert control.counts(step=step, total=total) == bool(keep)
