"""What SDXL wears: LoRAs, also in both text encoders, control networks and IP-Adapters, as diffusers' pipelines do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diffusers import ControlNetModel, StableDiffusionXLControlNetPipeline, StableDiffusionXLPipeline
from PIL import Image

from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.families.sdxl import StableDiffusionXL
from safelight.engine.inputs import look
from tests.engine.stock_families import WIDTH, make_sdxl
from tests.engine.wardrobe import (
    ROUNDING,
    apart,
    draw,
    drawn_by,
    load,
    make_controlnet,
    make_ip_adapter,
    make_lora,
    picture,
    png,
    stock,
)

DRAWN, RED = "img_" + "e" * 64, "img_" + "f" * 64
DRAWING = Image.effect_noise((32, 32), 90).convert("RGB")
IMAGES = {DRAWN: png(DRAWING), RED: picture()}
Wish = Callable[..., Recipe]
pytestmark = pytest.mark.filterwarnings("ignore:Already found a `peft_config`:UserWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sdxl(tmp_path_factory.mktemp("sdxl") / "tiny")


@pytest.fixture(scope="module")
def home(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    make_lora(folder, home / "loras" / "quiet.safetensors", seed=1)
    make_lora(folder, home / "loras" / "spoken.safetensors", seed=2, text=True)
    make_controlnet(
        folder,
        home / "controlnets" / "scribble",
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=8 * 6 + WIDTH,
        transformer_layers_per_block=(1, 2),
        use_linear_projection=True,
    )
    make_ip_adapter(folder, home / "ip_adapters" / "plain" / "ip.safetensors", width=2 * WIDTH)
    return home


@pytest.fixture(scope="module")
def family(folder: Path, home: Path) -> Any:
    return load(folder, home, kind=StableDiffusionXL)


@pytest.fixture(scope="module")
def wish(family: Any) -> Wish:
    def make(**fields: object) -> Recipe:
        wished = {"prompt": "a red dragon", "negative_prompt": "blue", "steps": 4, "seed": 3, "guidance": 5.0, **fields}
        return family.card.settle(Recipe.model_validate({"sampler": Sampler.EULER, **wished}))  # type: ignore[no-any-return]

    return make


@pytest.mark.parametrize("set_", [{"quiet": 1.0}, {"spoken": 0.7}, {"quiet": -0.5, "spoken": 1.2}], ids=str)
def test_loras(set_: dict[str, float], folder: Path, home: Path, family: Any, wish: Wish) -> None:
    recipe = wish(loras=[{"id": id, "weight": weight} for id, weight in set_.items()])
    pipeline = stock(folder, StableDiffusionXLPipeline)
    for id in set_:
        pipeline.load_lora_weights(home / "loras", weight_name=f"{id}.safetensors", adapter_name=id)
    pipeline.set_adapters(list(set_), adapter_weights=list(set_.values()))
    with_them = draw(family, recipe)[0]
    assert apart(with_them, drawn_by(pipeline, recipe)) <= ROUNDING
    assert apart(with_them, draw(family, wish())[0]) > 1e-2, "the LoRAs change nothing"


def test_a_control_network(folder: Path, home: Path, family: Any, wish: Wish) -> None:
    recipe = wish(controls=[{"model": "scribble", "image": DRAWN, "weight": 0.6}])
    network = ControlNetModel.from_pretrained(home / "controlnets" / "scribble")
    pipeline = stock(folder, StableDiffusionXLControlNetPipeline, controlnet=network)
    expected = drawn_by(pipeline, recipe, image=DRAWING, controlnet_conditioning_scale=0.6)
    followed = draw(family, recipe, images=IMAGES)[0]
    assert apart(followed, expected) <= ROUNDING
    assert apart(followed, draw(family, wish())[0]) > 1e-2, "it follows nothing"


@pytest.mark.parametrize("guidance", [1.0, 5.0])
def test_an_ip_adapter(guidance: float, folder: Path, home: Path, family: Any, wish: Wish) -> None:
    recipe = wish(ip_adapter={"id": "plain/ip", "image": RED, "weight": 0.8}, guidance=guidance)
    pipeline = stock(folder, StableDiffusionXLPipeline)
    pipeline.load_ip_adapter(home / "ip_adapters", subfolder="plain", weight_name="ip.safetensors")
    pipeline.set_ip_adapter_scale(0.8)
    expected = drawn_by(pipeline, recipe, ip_adapter_image=look(IMAGES, RED))
    drawn = draw(family, recipe, images=IMAGES)[0]
    assert apart(drawn, expected) <= 1e-6
    assert apart(drawn, draw(family, wish(guidance=guidance))[0]) > 1e-2, "it looks at nothing"


@pytest.mark.parametrize("worn", ["lora", "control", "ip_adapter"])
def test_with_every_sampler(worn: str, folder: Path, home: Path, family: Any, wish: Wish) -> None:
    fields: dict[str, object]
    more: dict[str, Any] = {}
    if worn == "control":
        network = ControlNetModel.from_pretrained(home / "controlnets" / "scribble")
        pipeline = stock(folder, StableDiffusionXLControlNetPipeline, controlnet=network)
        fields = {"controls": [{"model": "scribble", "image": DRAWN}]}
        more = {"image": DRAWING}
    else:
        pipeline = stock(folder, StableDiffusionXLPipeline)
        if worn == "lora":
            pipeline.load_lora_weights(home / "loras", weight_name="spoken.safetensors")
            fields = {"loras": [{"id": "spoken"}]}
        else:
            pipeline.load_ip_adapter(home / "ip_adapters", subfolder="plain", weight_name="ip.safetensors")
            fields = {"ip_adapter": {"id": "plain/ip", "image": RED, "weight": 1.0}}
            more = {"ip_adapter_image": look(IMAGES, RED)}
    for sampler in Sampler:
        recipe = wish(sampler=sampler, **fields)
        assert apart(draw(family, recipe, images=IMAGES)[0], drawn_by(pipeline, recipe, **more)) <= ROUNDING, sampler


def test_those_who_wear_nothing_draw_to_the_bit_what_they_did(family: Any, wish: Wish) -> None:
    before = draw(family, wish())[0]
    dressed = [
        wish(loras=[{"id": "spoken"}]),
        wish(controls=[{"model": "scribble", "image": DRAWN}]),
        wish(ip_adapter={"id": "plain/ip", "image": RED}),
    ]
    together = draw(family, *dressed, wish(), images=IMAGES)
    assert apart(together[-1], before) <= 1e-6
    for one, alone in zip(together, dressed, strict=False):
        assert apart(one, draw(family, alone, images=IMAGES)[0]) <= 1e-6
    assert bool((draw(family, wish())[0] == before).all())
