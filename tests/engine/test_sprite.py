"""The embedded model through the engine: what a newcomer sees first."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from safelight.domain.recipe import Recipe
from safelight.domain.starting import StartImage
from safelight.engine.engine import Engine
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.folder import ModelFolder
from safelight.engine.message import Drawn, Message, Stepped
from tests.engine.conftest import run, unmeasured

SPRITE = Path(__file__).parents[2] / "models" / "sprite"


@pytest.fixture(scope="module")
def sprite() -> StableDiffusion:
    return StableDiffusion(ModelFolder.open(SPRITE), provider="local", device=torch.device("cpu"), dtype=torch.float32)


@pytest.fixture(scope="module")
def apple(sprite: StableDiffusion) -> list[Message]:
    engine = Engine(lambda _: sprite, profile=unmeasured)
    engine.add(sprite.card.settle(Recipe(prompt="a red apple", seed=1, steps=12)))
    told = [message for _, message in run(engine)]
    engine.close()
    return told


def picture_of(told: list[Message]) -> Image.Image:
    return next(message.image for message in told if isinstance(message, Drawn))


def likeness(one: Image.Image, other: Image.Image) -> float:
    """Correlation of two pictures on black, at the size of the smaller, from -1 to 1."""
    flat = [
        np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, "black"), image).resize((64, 64)), np.float64)
        for image in (one, other)
    ]
    return float(np.corrcoef(flat[0][..., :3].ravel(), flat[1][..., :3].ravel())[0, 1])


def test_the_preview_map_fits_the_models_own_decoder(sprite: StableDiffusion) -> None:
    assert sprite.preview_map.correlation > 0.9


def test_previews_come_to_look_like_the_picture(apple: list[Message]) -> None:
    previews = [message.preview() for message in apple if isinstance(message, Stepped)]
    last, first = likeness(previews[-1], picture_of(apple)), likeness(previews[0], picture_of(apple))
    assert last > 0.85
    assert last > first


def test_a_red_apple_is_red_and_stands_on_nothing(apple: list[Message]) -> None:
    pixels = np.asarray(picture_of(apple), np.float64)
    assert pixels.shape == (256, 256, 4)
    inside = pixels[pixels[..., 3] > 200]
    assert len(inside) > 0.1 * 256 * 256
    assert inside[:, 0].mean() > 1.5 * max(inside[:, 1].mean(), inside[:, 2].mean())
    assert all(pixels[row, column, 3] < 16 for row in (0, -1) for column in (0, -1))


def test_a_sprite_developed_again_keeps_its_shape_and_stands_on_nothing(
    sprite: StableDiffusion, apple: list[Message]
) -> None:
    """Its encoder takes smaller pictures than its decoder makes, and both know transparency."""
    file = BytesIO()
    picture_of(apple).save(file, "PNG")
    images = {"img_" + "0" * 64: file.getvalue()}
    start = StartImage(image="img_" + "0" * 64, strength=0.4)
    engine = Engine(lambda _: sprite, profile=unmeasured)
    engine.add(sprite.card.settle(Recipe(prompt="a green apple", seed=2, steps=10, image=start)), images=images)
    again = picture_of([message for _, message in run(engine)])
    engine.close()
    alpha = [np.asarray(one.getchannel("A"), np.float64).ravel() for one in (picture_of(apple), again)]
    assert np.corrcoef(alpha[0], alpha[1])[0, 1] > 0.85
    assert again.tobytes() != picture_of(apple).tobytes()
