"""IP-Adapters on SD3 and FLUX: diffusers' own pictures with them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import FluxPipeline, StableDiffusion3Pipeline
from diffusers.models.attention_processor import SD3IPAdapterJointAttnProcessor2_0
from diffusers.models.embeddings import IPAdapterTimeImageProjection
from safetensors.torch import save_file
from torch import Tensor
from transformers import (
    CLIPImageProcessor,
    CLIPVisionModelWithProjection,
    SiglipImageProcessor,
    SiglipVisionConfig,
    SiglipVisionModel,
)

from safelight.domain.errors import Unsupported
from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.families.flux import Flux
from safelight.engine.families.sd3 import StableDiffusion3
from safelight.engine.inputs import look
from tests.engine.solo import file_of, name_of, on_schedule, photograph
from tests.engine.stock_families import WIDTH, make_flux, make_sd3
from tests.engine.wardrobe import apart, draw, fail, load, make_image_encoder

PHOTO, OTHER = name_of(1), name_of(2)
IMAGES = {PHOTO: file_of(photograph()), OTHER: file_of(photograph(seed=5))}
KINDS: dict[str, Any] = {"sd3": StableDiffusion3, "flux": Flux}
SEEN = 20
LOUD = 4.0
"""Times that the random weights are larger than usual, so that a small picture is seen at all."""


def save(tensors: Mapping[str, Tensor], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in tensors.items()}, file)


def make_flux_adapter(file: Path, *, blocks: int = 1) -> None:
    """In XLabs' layout, with its CLIP."""
    generator = torch.Generator().manual_seed(5)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator) * 0.4

    tensors = {
        "ip_adapter_proj_model.proj.weight": random(4 * WIDTH, SEEN),
        "ip_adapter_proj_model.proj.bias": random(4 * WIDTH),
        "ip_adapter_proj_model.norm.weight": torch.ones(WIDTH),
        "ip_adapter_proj_model.norm.bias": torch.zeros(WIDTH),
    }
    for block in range(blocks):
        for side in ("k", "v"):
            start = f"double_blocks.{block}.processor.ip_adapter_double_stream_{side}_proj"
            tensors |= {f"{start}.weight": random(32, WIDTH), f"{start}.bias": random(32)}
    save(tensors, file)
    make_image_encoder(file.parent / "image_encoder", width=SEEN)


def make_sd3_adapter(file: Path, *, layers: int = 2) -> None:
    """In InstantX's layout, with its SigLIP."""
    torch.manual_seed(5)
    project = IPAdapterTimeImageProjection(
        embed_dim=SEEN, output_dim=32, hidden_dim=64, dim_head=64, heads=1, num_queries=4, timestep_in_dim=16
    )
    tensors = {f"image_proj.{name}": value for name, value in project.state_dict().items()}
    for layer in range(layers):
        attention = SD3IPAdapterJointAttnProcessor2_0(32, 32, head_dim=8, timesteps_emb_dim=64)
        found = {f"ip_adapter.{layer}.{name}": value * LOUD for name, value in attention.state_dict().items()}
        tensors |= found
    save(tensors, file)
    config = SiglipVisionConfig(
        hidden_size=SEEN, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=16, patch_size=8
    )
    SiglipVisionModel(config).save_pretrained(file.parent / "image_encoder")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    make_sd3(home / "sd3")
    make_flux(home / "flux")
    make_sd3_adapter(home / "sd3" / "ip_adapters" / "ip.safetensors")
    make_flux_adapter(home / "flux" / "ip_adapters" / "ip.safetensors")
    return home


@pytest.fixture(scope="module")
def families(home: Path) -> dict[str, Any]:
    return {name: load(home / name, home, kind=kind) for name, kind in KINDS.items()}


def wish(family: Any, weight: float | None = 0.8, image: str = PHOTO, **fields: object) -> Recipe:
    refused = {} if isinstance(family, Flux) else {"negative_prompt": "blue"}
    adapter = {} if weight is None else {"ip_adapter": {"id": "ip", "image": image, "weight": weight}}
    wished = {"prompt": "a red dragon", "steps": 4, "seed": 3, "guidance": 3.5, "width": 32, "height": 32}
    settled: Recipe = family.card.settle(Recipe.model_validate({**wished, **refused, **adapter, **fields}))
    return settled


def seen_by(name: str, encoder: Path) -> Any:
    """What the pipelines are told of the photograph."""
    image = look(IMAGES, PHOTO)
    with torch.inference_mode():
        if name == "flux":
            pixels = CLIPImageProcessor(size=16, crop_size=16)(images=image, return_tensors="pt").pixel_values
            return [CLIPVisionModelWithProjection.from_pretrained(encoder)(pixels).image_embeds[None]]
        extract = SiglipImageProcessor(size={"height": 16, "width": 16})
        pixels = extract(images=image, return_tensors="pt").pixel_values
        states = SiglipVisionModel.from_pretrained(encoder)(pixels, output_hidden_states=True).hidden_states[-2]
        return torch.cat([torch.zeros_like(states), states])


@pytest.mark.parametrize("sampler", [Sampler.EULER, Sampler.HEUN])
@pytest.mark.parametrize("name", KINDS)
def test_it_is_diffusers_own_picture(name: str, sampler: Sampler, home: Path, families: dict[str, Any]) -> None:
    recipe = wish(families[name], sampler=sampler)
    kind: Any = StableDiffusion3Pipeline if name == "sd3" else FluxPipeline
    place = home / name / "ip_adapters"
    sight: Any = CLIPVisionModelWithProjection if name == "flux" else SiglipVisionModel
    pipeline = kind.from_pretrained(home / name, image_encoder=sight.from_pretrained(place / "image_encoder"))
    pipeline.load_ip_adapter(place, weight_name="ip.safetensors", low_cpu_mem_usage=False, subfolder="")
    pipeline.set_ip_adapter_scale(0.8)
    on_schedule(pipeline, recipe)
    seen = seen_by(name, place / "image_encoder")
    theirs = pipeline(
        recipe.prompt,
        **({"negative_prompt": "blue"} if name == "sd3" else {}),
        ip_adapter_image_embeds=seen,
        # Left out, FLUX's pipeline would look at a black image, although without a negative prompt it is told nowhere.
        **({"negative_ip_adapter_image_embeds": [torch.zeros_like(seen[0])]} if name == "flux" else {}),
        num_inference_steps=recipe.steps,
        guidance_scale=recipe.guidance,
        width=32,
        height=32,
        generator=torch.Generator().manual_seed(3),
        output_type="latent",
    ).images
    expected = FluxPipeline._unpack_latents(theirs, 32, 32, 2) if name == "flux" else theirs
    drawn = draw(families[name], recipe, images=IMAGES)[0]
    assert apart(drawn, expected) <= 1e-6
    assert apart(drawn, draw(families[name], wish(families[name], None))[0]) > 1e-4, "it looks at nothing"


@pytest.mark.parametrize("name", KINDS)
def test_its_weight_is_each_rows_own_and_0_is_none(name: str, families: dict[str, Any]) -> None:
    family = families[name]
    plain = draw(family, wish(family, None))[0]
    wishes = [wish(family, 0.3), wish(family, 1.0, OTHER, steps=6), wish(family, None)]
    together = draw(family, *wishes, images=IMAGES)
    for recipe, latents in zip(wishes, together, strict=True):
        assert apart(latents, draw(family, recipe, images=IMAGES)[0]) <= 1e-5
    assert torch.equal(draw(family, wish(family, 0.0), images=IMAGES)[0], plain)
    assert torch.equal(draw(family, wish(family, None))[0], plain), "the adapter was not taken off again"


def test_those_of_another_family_are_refused(home: Path, tmp_path: Path) -> None:
    make_sd3_adapter(tmp_path / "ip_adapters" / "theirs.safetensors")
    family = load(home / "flux", tmp_path, kind=Flux)
    error = fail(family, wish(family, ip_adapter={"id": "theirs", "image": PHOTO}), IMAGES)
    assert isinstance(error, Unsupported) and "theirs" in error.detail and error.hint
