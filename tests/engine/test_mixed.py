"""Everything at once: plain, two sets of LoRAs, control, images as prompts, each as if it were alone."""

from pathlib import Path

import pytest
import torch

from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.engine import Engine
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.message import Message, Stepped, Ticket
from tests.engine.conftest import unmeasured
from tests.engine.stock import make_stock_pipeline
from tests.engine.wardrobe import (
    apart,
    draw,
    load,
    make_controlnet,
    make_image_encoder,
    make_ip_adapter,
    make_lora,
    picture,
)

RED, BLUE = "img_" + "a" * 64, "img_" + "b" * 64
IMAGES = {RED: picture(), BLUE: picture((20, 40, 220))}

INK, OIL = {"id": "ink"}, {"id": "oil", "weight": 0.5}
CONTROL = {"model": "canny", "image": RED, "preprocessor": "canny", "end": 0.6}
SEEN = {"id": "ip", "image": BLUE}
WISHES: list[dict[str, object]] = [
    {},
    {"loras": [INK]},
    {"loras": [OIL, INK], "sampler": "euler"},
    {"controls": [CONTROL]},
    {"controls": [{**CONTROL, "image": BLUE, "weight": 0.5}], "guidance": 1.0},
    {"prompt_image": {"image": RED, "weight": 0.5}},
    {"ip_adapter": SEEN},
    {"loras": [INK], "controls": [CONTROL], "ip_adapter": SEEN, "prompt_image": {"image": BLUE}},
]


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> StableDiffusion:
    home: Path = tmp_path_factory.mktemp("home")
    folder = make_stock_pipeline(home / "tiny", text="clip")
    make_lora(folder, home / "loras" / "ink.safetensors", seed=1)
    make_lora(folder, home / "loras" / "oil.safetensors", seed=2, layout="kohya", text=True)
    make_controlnet(folder, home / "controlnets" / "canny")
    make_ip_adapter(folder, home / "ip_adapters" / "ip.safetensors")
    make_image_encoder(home / "image_encoders" / "clip")
    return load(folder, home)


def wish(family: StableDiffusion, number: int, **fields: object) -> Recipe:
    plain = {"prompt": "a red dragon", "negative_prompt": "blue", "steps": 4 + number % 3, "seed": number}
    return family.card.settle(Recipe.model_validate({"sampler": Sampler.DDIM, **plain, **fields}))


def test_every_picture_is_the_one_it_would_be_alone(family: StableDiffusion) -> None:
    wishes = [wish(family, number, **fields) for number, fields in enumerate(WISHES)]
    together = draw(family, *wishes, images=IMAGES)
    for recipe, latents in zip(wishes, together, strict=True):
        assert apart(latents, draw(family, recipe, images=IMAGES)[0]) <= 1e-5


def test_only_while_it_counts_does_a_control_keep_a_picture_from_the_others(family: StableDiffusion) -> None:
    engine = Engine(lambda _: family, profile=unmeasured)
    controlled = engine.add(wish(family, 0, steps=5, controls=[CONTROL]), images=IMAGES)
    engine.add(wish(family, 1, steps=20))
    told: list[tuple[Ticket, Message]] = []
    while engine.busy:
        told += engine.step()
    engine.close()
    stepped = [message for ticket, message in told if ticket == controlled and isinstance(message, Stepped)]
    assert [message.batch for message in stepped] == [1, 1, 1, 2, 2]


def test_nothing_is_left_on_the_model(family: StableDiffusion) -> None:
    plain = draw(family, wish(family, 1))[0]
    for fields in WISHES[1:]:
        draw(family, wish(family, 1, **fields), images=IMAGES)
        assert torch.equal(draw(family, wish(family, 1))[0], plain)
