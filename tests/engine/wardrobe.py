"""Adapters with random weights for the stock pipeline, and the stock pipelines that use them."""

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import ControlNetModel, DiffusionPipeline, StableDiffusionPipeline, UNet2DConditionModel
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

from safelight.domain.recipe import Recipe
from safelight.engine.engine import Engine
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.folder import ModelFolder
from safelight.engine.message import Drawn, Failed
from safelight.engine.shelf import Shelf
from tests.engine.conftest import run, unmeasured
from tests.engine.solo import Finals, on_schedule

ROUNDING = 1e-6
"""Of the latents' own scale. Most are equal to the bit; unguided, an image's tokens are made beside those of no image,
where the pipelines make them alone."""
WIDTH = 32
"""Of the stock pipeline's cross-attention."""


def load(folder: Path, home: Path, dtype: torch.dtype = torch.float32, kind: Any = StableDiffusion) -> StableDiffusion:
    found = ModelFolder.open(folder, shelf=Shelf((home,)))
    family: StableDiffusion = kind(found, provider="local", device=torch.device("cpu"), dtype=dtype)
    return family


def draw(family: StableDiffusion, *recipes: Recipe, images: Mapping[str, bytes] | None = None) -> list[Tensor]:
    """Final latents of recipes that are drawn at once, in their order."""
    finals = Finals(family)
    engine = Engine(lambda _: finals, profile=unmeasured)  # type: ignore[arg-type, return-value]
    tickets = [engine.add(recipe, images=images) for recipe in recipes]
    told = run(engine)
    engine.close()
    failures = [message.error for _, message in told if isinstance(message, Failed)]
    assert not failures, failures
    order = [tickets.index(ticket) for ticket, message in told if isinstance(message, Drawn)]
    return [latents for _, latents in sorted(zip(order, finals.latents, strict=True), key=lambda pair: pair[0])]


def fail(family: StableDiffusion, recipe: Recipe, images: Mapping[str, bytes] | None = None) -> Exception:
    """What becomes of a recipe that cannot be drawn."""
    engine = Engine(lambda _: family, profile=unmeasured)
    engine.add(recipe, images=images)
    failed = [message for _, message in run(engine) if isinstance(message, Failed)]
    engine.close()
    assert len(failed) == 1
    return failed[0].error


def drawn_by(pipeline: StableDiffusionPipeline, recipe: Recipe, **more: Any) -> Tensor:
    """The final latents that diffusers' own pipeline comes to."""
    own = pipeline.scheduler
    on_schedule(pipeline, recipe)
    _freeze(pipeline)
    assert recipe.seed is not None
    latents: Tensor = pipeline(
        recipe.prompt,
        negative_prompt=recipe.negative_prompt,
        num_inference_steps=recipe.steps,
        guidance_scale=recipe.guidance,
        width=recipe.width,
        height=recipe.height,
        generator=torch.Generator().manual_seed(recipe.seed),
        output_type="latent",
        **more,
    ).images
    pipeline.scheduler = own  # whose configuration the next one is made of
    return latents


def stock(folder: Path, kind: type = StableDiffusionPipeline, **parts: Any) -> Any:
    return kind.from_pretrained(folder, safety_checker=None, requires_safety_checker=False, **parts)  # type: ignore[attr-defined]


def _freeze(pipeline: Any) -> None:
    """Let no weight want a gradient, as those of LoRAs do. Torch multiplies by another routine where one does, also
    when none is computed, and adds up in another order."""
    for part in pipeline.components.values():
        if isinstance(part, nn.Module):
            part.requires_grad_(False)


def apart(one: Tensor, other: Tensor) -> float:
    """Largest difference, in parts of the latents' own scale."""
    return float((one - other).abs().max() / other.abs().max())


def picture(colour: tuple[int, int, int] = (200, 30, 60), size: tuple[int, int] = (40, 48)) -> bytes:
    """A PNG with something to see in it."""
    image = Image.new("RGB", size, "white")
    image.paste(colour, (size[0] // 4, size[1] // 4, size[0] * 3 // 4, size[1] * 3 // 4))
    return png(image)


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _targets(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    ends = ("to_q", "to_k", "to_v", "to_out.0", "q_proj", "k_proj", "v_proj", "out_proj", "proj_in")
    return ((name, module) for name, module in network.named_modules() if name.endswith(ends))


def _pairs(network: nn.Module, *, rank: int, seed: int, wider: int) -> Iterator[tuple[str, Tensor, Tensor]]:
    """For each layer its two matrices, down and up, large enough to be seen."""
    generator = torch.Generator().manual_seed(seed)
    for name, module in _targets(network):
        rows, columns, *kernel = module.weight.shape  # type: ignore[misc]
        down = torch.randn(rank, columns + wider, *kernel, generator=generator) * 0.3
        yield name, down, torch.randn(rows, rank, *[1] * len(kernel), generator=generator) * 0.3


def make_lora(
    folder: Path,
    file: Path,
    *,
    layout: str = "peft",
    seed: int = 1,
    text: bool = False,
    wider: int = 0,
    dtype: torch.dtype = torch.float32,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Write a LoRA for the stock pipeline in `folder`, in peft's layout or kohya's."""
    pipeline = stock(folder, DiffusionPipeline)
    spoken = [name for name in ("text_encoder", "text_encoder_2") if text and hasattr(pipeline, name)]
    denoiser = "unet" if hasattr(pipeline, "unet") else "transformer"
    parts = {name: getattr(pipeline, name) for name in (denoiser, *spoken)}
    tensors: dict[str, Tensor] = {}
    for part, network in parts.items():
        for name, down, up in _pairs(network, rank=4, seed=seed, wider=wider):
            if layout == "peft":
                tensors |= {f"{part}.{name}.lora_A.weight": down, f"{part}.{name}.lora_B.weight": up}
            else:
                flat = name.removeprefix("text_model.").replace(".", "_")
                key = f"lora_unet_{flat}" if part == "unet" else f"lora_te_text_model_{flat}"
                tensors |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up}
                tensors[f"{key}.alpha"] = torch.tensor(2.0)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.to(dtype).contiguous() for name, value in tensors.items()}, file, metadata=metadata)
    return file


def make_controlnet(folder: Path, place: Path, *, seed: int = 1, **config: Any) -> Path:
    """A control network beside the stock pipeline's UNet whose zero convolutions are not zero."""
    torch.manual_seed(seed)
    unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet")
    wish = {"conditioning_embedding_out_channels": (4, 8), **config}
    network = ControlNetModel(
        in_channels=4,
        down_block_types=unet.config.down_block_types,
        block_out_channels=unet.config.block_out_channels,
        layers_per_block=unet.config.layers_per_block,
        cross_attention_dim=wish.pop("cross_attention_dim", unet.config.cross_attention_dim),
        attention_head_dim=unet.config.attention_head_dim,
        norm_num_groups=unet.config.norm_num_groups,
        **wish,
    )
    for name, value in network.named_parameters():
        if "controlnet" in name:
            nn.init.normal_(value, std=0.2)
    network.save_pretrained(place)
    return place


def make_image_encoder(place: Path, *, width: int = WIDTH, extractor: Path | None = None) -> Path:
    torch.manual_seed(11)
    CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            image_size=16,
            patch_size=8,
            hidden_size=24,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            projection_dim=width,
        )
    ).save_pretrained(place)
    if extractor is not None:
        extractor.mkdir(parents=True, exist_ok=True)
        words = CLIPImageProcessor(size=16, crop_size=16, image_mean=[0.5] * 3, image_std=[0.5] * 3).to_dict()
        (extractor / "preprocessor_config.json").write_text(json.dumps(words))
    return place


def make_ip_adapter(folder: Path, file: Path, *, seen: int = 20, width: int = WIDTH) -> Path:
    """An IP-Adapter for the stock pipeline in `folder`, in the layout of its authors, with its image encoder."""
    generator = torch.Generator().manual_seed(5)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator) * 0.4

    unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet")
    tensors = {
        "image_proj.proj.weight": random(4 * width, seen),
        "image_proj.proj.bias": random(4 * width),
        "image_proj.norm.weight": torch.ones(width),
        "image_proj.norm.bias": torch.zeros(width),
    }
    cross = [name for name in unet.attn_processors if "attn2" in name]
    for number, name in enumerate(cross):
        layer = unet.get_submodule(name.removesuffix(".processor"))
        for side in ("k", "v"):
            tensors[f"ip_adapter.{2 * number + 1}.to_{side}_ip.weight"] = random(layer.inner_dim, width)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, file)
    make_image_encoder(file.parent / "image_encoder", width=seen)
    return file
