"""Images as prompts: in the words' place where an encoder fits, through an IP-Adapter elsewhere."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection

from safelight.domain.errors import Unsupported
from safelight.domain.model_card import Capability
from safelight.domain.recipe import Recipe, Sampler
from safelight.domain.starting import PromptImage
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.image_prompt import mix
from safelight.engine.inputs import look
from tests.engine.stock import make_stock_pipeline
from tests.engine.wardrobe import (
    ROUNDING,
    WIDTH,
    apart,
    draw,
    drawn_by,
    fail,
    load,
    make_image_encoder,
    make_ip_adapter,
    picture,
    stock,
)

RED, BLUE = "img_" + "a" * 64, "img_" + "b" * 64
IMAGES = {RED: picture(), BLUE: picture((20, 40, 220))}

Wish = Callable[..., Recipe]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_stock_pipeline(tmp_path_factory.mktemp("seeing") / "tiny")
    make_image_encoder(folder / "image_encoder", extractor=folder / "feature_extractor")
    return folder


@pytest.fixture(scope="module")
def home(stock_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    make_ip_adapter(stock_folder, home / "ip_adapters" / "plain" / "ip.safetensors")
    return home


@pytest.fixture(scope="module")
def family(folder: Path, home: Path) -> StableDiffusion:
    return load(folder, home)


@pytest.fixture(scope="module")
def wish(family: StableDiffusion) -> Wish:
    def make(**fields: object) -> Recipe:
        wished = {"prompt": "a red dragon", "negative_prompt": "blue", "steps": 4, "seed": 3, "guidance": 5.0, **fields}
        return family.card.settle(Recipe.model_validate({"sampler": Sampler.DDIM, **wished}))

    return make


def vector(folder: Path, id: str) -> Tensor:
    model = CLIPVisionModelWithProjection.from_pretrained(folder / "image_encoder")
    extract = CLIPImageProcessor(size=16, crop_size=16, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    with torch.inference_mode():
        seen: Tensor = model(extract(images=look(IMAGES, id), return_tensors="pt").pixel_values).image_embeds
    return seen


@pytest.mark.parametrize("weight", [0.3, 1.0])
def test_the_vector_stands_at_every_token(weight: float, folder: Path, family: StableDiffusion, wish: Wish) -> None:
    recipe = wish(prompt_image={"image": RED, "weight": weight})
    pipeline = stock(folder)
    words, nothing = pipeline.encode_prompt("a red dragon", "cpu", 1, True, negative_prompt="blue")
    pictured = vector(folder, RED)[:, None].repeat(1, words.shape[1], 1)
    mixed = words + weight * (pictured - words) if weight < 1 else pictured
    pipeline.encode_prompt = lambda *_, **__: (mixed, nothing)
    assert apart(draw(family, recipe, images=IMAGES)[0], drawn_by(pipeline, recipe)) <= 1e-6


def test_weight_0_is_the_words_alone_and_weight_1_the_image_alone(family: StableDiffusion, wish: Wish) -> None:
    def drawn(weight: float, image: str = RED, prompt: str = "a red dragon") -> Tensor:
        return draw(family, wish(prompt=prompt, prompt_image={"image": image, "weight": weight}), images=IMAGES)[0]

    assert torch.equal(drawn(0.0), draw(family, wish())[0])
    assert torch.equal(drawn(1.0), drawn(1.0, prompt="a castle"))
    assert not torch.equal(drawn(1.0), drawn(1.0, image=BLUE))


@given(st.floats(0, 1), st.integers(0, 2**16))
def test_mixing_is_linear_and_exact_at_both_ends(weight: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    states, seen = torch.randn(1, 5, 8, generator=generator), torch.randn(1, 8, generator=generator)
    mixed = mix(states, seen, PromptImage(image=RED, weight=weight))
    expected = (1 - weight) * states.double() + weight * seen[:, None].double()
    torch.testing.assert_close(mixed.double(), expected, rtol=1e-5, atol=1e-5)
    if weight in (0, 1):
        assert torch.equal(mixed, seen[:, None].expand_as(states) if weight else states)


def test_a_model_without_an_encoder_takes_an_installed_one_that_fits(stock_folder: Path, tmp_path: Path) -> None:
    assert Capability.PROMPT_IMAGE not in load(stock_folder, tmp_path).card.capabilities
    make_image_encoder(tmp_path / "image_encoders" / "narrow", width=WIDTH // 2)
    assert Capability.PROMPT_IMAGE not in load(stock_folder, tmp_path).card.capabilities
    make_image_encoder(tmp_path / "image_encoders" / "right")
    family = load(stock_folder, tmp_path)
    recipe = Recipe.model_validate({"prompt": "a cat", "steps": 2, "seed": 1, "prompt_image": {"image": RED}})
    settled = family.card.settle(recipe)
    plain = settled.model_copy(update={"prompt_image": None})
    assert not torch.equal(draw(family, settled, images=IMAGES)[0], draw(family, plain)[0])


def test_where_none_fits_the_width_that_would_is_named(stock_family: StableDiffusion, recipe: Wish) -> None:
    wish = recipe().model_copy(update={"prompt_image": PromptImage(image=RED)})
    error = fail(stock_family, wish, IMAGES)
    assert isinstance(error, Unsupported) and str(WIDTH) in error.detail and "ip_adapter" in error.hint


def ip(**fields: object) -> dict[str, object]:
    return {"id": "plain/ip", "image": RED, "weight": 0.8, **fields}


def with_adapter(folder: Path, home: Path, weight: float) -> StableDiffusionPipeline:
    pipeline = stock(folder)
    pipeline.load_ip_adapter(home / "ip_adapters", subfolder="plain", weight_name="ip.safetensors")
    pipeline.set_ip_adapter_scale(weight)
    return pipeline


@pytest.mark.parametrize("guidance", [1.0, 5.0])
def test_an_ip_adapter_is_diffusers_own(
    guidance: float, stock_folder: Path, home: Path, family: StableDiffusion, wish: Wish
) -> None:
    recipe = wish(ip_adapter=ip(), guidance=guidance)
    expected = drawn_by(with_adapter(stock_folder, home, 0.8), recipe, ip_adapter_image=look(IMAGES, RED))
    drawn = draw(family, recipe, images=IMAGES)[0]
    assert apart(drawn, expected) <= 1e-6
    assert apart(drawn, draw(family, wish(guidance=guidance))[0]) > 1e-2, "it looks at nothing"


def test_an_ip_adapter_with_every_sampler(stock_folder: Path, home: Path, family: StableDiffusion, wish: Wish) -> None:
    pipeline, seen = with_adapter(stock_folder, home, 0.8), look(IMAGES, RED)
    for sampler in Sampler:
        recipe = wish(ip_adapter=ip(), sampler=sampler)
        expected = drawn_by(pipeline, recipe, ip_adapter_image=seen)
        assert apart(draw(family, recipe, images=IMAGES)[0], expected) <= ROUNDING, sampler


def test_its_weight_is_each_rows_own_and_0_is_none(family: StableDiffusion, wish: Wish) -> None:
    plain = draw(family, wish())[0]
    wishes = [wish(ip_adapter=ip(weight=0.2)), wish(ip_adapter=ip(weight=1.0, image=BLUE), steps=6), wish()]
    together = draw(family, *wishes, images=IMAGES)
    for recipe, latents in zip(wishes, together, strict=True):
        assert apart(latents, draw(family, recipe, images=IMAGES)[0]) <= 1e-5
    assert torch.equal(draw(family, wish(ip_adapter=ip(weight=0.0)), images=IMAGES)[0], plain)
    assert torch.equal(draw(family, wish())[0], plain), "the adapter was not taken off again"


def test_an_ip_adapter_that_cannot_be_used_is_refused(stock_folder: Path, tmp_path: Path, wish: Wish) -> None:
    make_ip_adapter(stock_folder, tmp_path / "ip_adapters" / "wide" / "ip.safetensors", width=48)
    lonely = make_ip_adapter(stock_folder, tmp_path / "ip_adapters" / "lonely" / "ip.safetensors")
    (lonely.parent / "image_encoder" / "config.json").unlink()
    family = load(stock_folder, tmp_path)
    wide = fail(family, wish(ip_adapter=ip(id="wide/ip")), IMAGES)
    assert isinstance(wide, Unsupported) and "48" in str(wide) and "32" in str(wide)
    alone = fail(family, wish(ip_adapter=ip(id="lonely/ip")), IMAGES)
    assert isinstance(alone, Unsupported) and "image encoder" in str(alone)
