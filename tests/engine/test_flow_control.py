"""Control networks beside SD3 and FLUX: diffusers' own pictures with them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    FluxControlNetModel,
    FluxControlNetPipeline,
    FluxPipeline,
    FluxTransformer2DModel,
    SD3ControlNetModel,
    SD3Transformer2DModel,
    StableDiffusion3ControlNetPipeline,
)
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from PIL import Image
from torch import nn

from safelight.domain.errors import Unsupported
from safelight.domain.model_card import Capability
from safelight.domain.recipe import Recipe, Sampler
from safelight.engine.families.flux import Flux
from safelight.engine.families.sd3 import StableDiffusion3
from tests.engine.solo import file_of, name_of, on_schedule
from tests.engine.stock_families import make_flux, make_sd3
from tests.engine.wardrobe import ROUNDING, apart, draw, fail, load, make_controlnet

EDGES, OTHER = name_of(1), name_of(2)
DRAWING, ANOTHER = (Image.effect_noise((32, 32), sigma).convert("RGB") for sigma in (90, 40))
IMAGES = {EDGES: file_of(DRAWING), OTHER: file_of(ANOTHER)}
KINDS: dict[str, Any] = {"sd3": StableDiffusion3, "flux": Flux}


def awake(network: Any, place: Path) -> None:
    """Zero layers are not zero any more."""
    for name, value in network.named_parameters():
        if "controlnet" in name or "pos_embed_input" in name:
            nn.init.normal_(value, std=0.2)
    network.save_pretrained(place)


def make_sd3_control(model: Path, place: Path, *, seed: int, **config: Any) -> None:
    torch.manual_seed(seed)
    transformer = SD3Transformer2DModel.from_pretrained(model, subfolder="transformer")
    shared = {name: transformer.config[name] for name in SHARED["sd3"]}
    awake(
        SD3ControlNetModel(**{**shared, "num_layers": 1, "force_zeros_for_pooled_projection": False, **config}), place
    )


def make_flux_control(model: Path, place: Path, *, seed: int, **config: Any) -> None:
    torch.manual_seed(seed)
    transformer = FluxTransformer2DModel.from_pretrained(model, subfolder="transformer")
    shared = {name: transformer.config[name] for name in SHARED["flux"]}
    awake(FluxControlNetModel(**{**shared, "num_layers": 1, "num_single_layers": 1, **config}), place)


SHARED = {
    "sd3": (
        "sample_size patch_size in_channels attention_head_dim num_attention_heads joint_attention_dim "
        "caption_projection_dim pooled_projection_dim pos_embed_max_size"
    ).split(),
    "flux": (
        "patch_size in_channels attention_head_dim num_attention_heads joint_attention_dim pooled_projection_dim "
        "axes_dims_rope"
    ).split(),
}
NETWORKS: dict[str, tuple[tuple[str, Callable[..., None], dict[str, Any]], ...]] = {
    "sd3": (
        ("canny", make_sd3_control, {"seed": 1}),
        ("depth", make_sd3_control, {"seed": 2}),
        ("unshifted", make_sd3_control, {"seed": 3, "force_zeros_for_pooled_projection": True}),
        ("deeper", make_sd3_control, {"seed": 4, "num_layers": 2}),
    ),
    "flux": (
        ("canny", make_flux_control, {"seed": 1, "guidance_embeds": True}),
        ("depth", make_flux_control, {"seed": 2, "guidance_embeds": True}),
        ("single-only", make_flux_control, {"seed": 3, "num_layers": 0}),
        ("union", make_flux_control, {"seed": 4, "num_mode": 7}),
    ),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    make_sd3(home / "sd3")
    make_flux(home / "flux")
    for name, networks in NETWORKS.items():
        for id, make, config in networks:
            make(home / name, home / name / "controlnets" / id, **config)
    return home


@pytest.fixture(scope="module")
def families(home: Path) -> dict[str, Any]:
    return {name: load(home / name, home, kind=kind) for name, kind in KINDS.items()}


def wish(family: Any, *controls: dict[str, object], **fields: object) -> Recipe:
    refused = {} if isinstance(family, Flux) else {"negative_prompt": "blue"}
    wished = {"prompt": "a red dragon", "steps": 5, "seed": 3, "guidance": 3.5, "width": 32, "height": 32, **refused}
    settled: Recipe = family.card.settle(Recipe.model_validate({**wished, **fields, "controls": controls}))
    return settled


def one(model: str = "canny", **fields: object) -> dict[str, object]:
    return {"model": model, "image": EDGES, **fields}


def by_diffusers(name: str, home: Path, recipe: Recipe, image: Any, **how: Any) -> torch.Tensor:
    ids = [control.model for control in recipe.controls]
    kind: Any = SD3ControlNetModel if name == "sd3" else FluxControlNetModel
    networks = [kind.from_pretrained(home / name / "controlnets" / id) for id in ids]
    controlnet = networks[0] if len(networks) == 1 else networks
    pipelines: Any = StableDiffusion3ControlNetPipeline if name == "sd3" else FluxControlNetPipeline
    pipeline = pipelines.from_pretrained(home / name, controlnet=controlnet)
    pipeline.vae.enable_slicing()  # a guided picture's drawing is given twice; each by itself, it is the engine's one
    on_schedule(pipeline, recipe)
    assert recipe.seed is not None
    refused = {"negative_prompt": recipe.negative_prompt} if name == "sd3" else {}
    drawn: torch.Tensor = pipeline(
        recipe.prompt,
        control_image=image,
        num_inference_steps=recipe.steps,
        guidance_scale=recipe.guidance,
        width=32,
        height=32,
        generator=torch.Generator().manual_seed(recipe.seed),
        output_type="latent",
        **refused,
        **how,
    ).images
    return FluxPipeline._unpack_latents(drawn, 32, 32, 2) if name == "flux" else drawn


@pytest.fixture
def certain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipelines draw lots for the drawing's latents; here they take the most likely ones, as the engine does."""
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda found, generator=None: found.mode())


@pytest.mark.usefixtures("certain")
@pytest.mark.parametrize(
    ("name", "id", "weight", "start", "end", "sampler"),
    [
        ("sd3", "canny", 1.0, 0.0, 1.0, Sampler.EULER),
        ("sd3", "canny", 1.0, 0.0, 1.0, Sampler.HEUN),
        ("sd3", "unshifted", 0.7, 0.2, 0.8, Sampler.EULER),
        ("flux", "canny", 1.0, 0.0, 1.0, Sampler.EULER),
        ("flux", "canny", 1.0, 0.0, 1.0, Sampler.HEUN),
        ("flux", "depth", 0.6, 0.0, 0.6, Sampler.EULER),
        ("flux", "single-only", 1.3, 0.4, 1.0, Sampler.EULER),
    ],
)
def test_it_is_diffusers_own_picture(
    name: str, id: str, weight: float, start: float, end: float, sampler: Sampler, home: Path, families: dict[str, Any]
) -> None:
    family = families[name]
    recipe = wish(family, one(id, weight=weight, start=start, end=end), sampler=sampler)
    expected = by_diffusers(
        name,
        home,
        recipe,
        DRAWING,
        controlnet_conditioning_scale=weight,
        control_guidance_start=start,
        control_guidance_end=end,
    )
    followed = draw(family, recipe, images=IMAGES)[0]
    assert apart(followed, expected) <= ROUNDING
    assert apart(followed, draw(family, wish(family))[0]) > 1e-3, "it follows nothing"


@pytest.mark.usefixtures("certain")
@pytest.mark.parametrize("name", KINDS)
def test_several_at_once(name: str, home: Path, families: dict[str, Any]) -> None:
    recipe = wish(families[name], one(weight=0.7), one("depth", image=OTHER, weight=0.5))
    expected = by_diffusers(name, home, recipe, [DRAWING, ANOTHER], controlnet_conditioning_scale=[0.7, 0.5])
    assert apart(draw(families[name], recipe, images=IMAGES)[0], expected) <= 1e-6


@pytest.mark.parametrize("name", KINDS)
def test_rows_of_different_weights_and_images_share_a_forward(name: str, families: dict[str, Any]) -> None:
    family = families[name]
    wishes = [wish(family, one(weight=0.5)), wish(family, one(weight=1.5, image=OTHER), steps=7), wish(family)]
    together = draw(family, *wishes, images=IMAGES)
    for recipe, latents in zip(wishes, together, strict=True):
        assert apart(latents, draw(family, recipe, images=IMAGES)[0]) <= 1e-5


def test_what_cannot_be_used_says_why(home: Path, families: dict[str, Any]) -> None:
    different = fail(families["sd3"], wish(families["sd3"], one(), one("deeper")), IMAGES)
    assert isinstance(different, Unsupported) and "blocks" in different.detail
    union = fail(families["flux"], wish(families["flux"], one("union")), IMAGES)
    assert isinstance(union, Unsupported) and "union" in union.detail


def test_a_network_of_another_family_is_refused(home: Path, families: dict[str, Any], stock_folder: Path) -> None:
    make_controlnet(stock_folder, home / "flux" / "controlnets" / "unets")
    error = fail(families["flux"], wish(families["flux"], one("unets")), IMAGES)
    assert isinstance(error, Unsupported) and "FluxControlNetModel" in error.detail
    assert all(Capability.CONTROL in family.card.capabilities for family in families.values())
