"""Write the trained parts as a stock diffusers directory, and draw grids of fixed prompts from it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from diffusers import AutoencoderTiny, DPMSolverMultistepScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.schedulers.scheduling_utils import SchedulerMixin
from torch import Tensor

from safelight.training import render
from safelight.training.batches import noise_scheduler
from safelight.training.denoiser import LATENT_SIZE
from safelight.training.text import TextEncoder

Model = TypeVar("Model", UNet2DConditionModel, AutoencoderTiny)

MAX_BYTES = 48_000_000
GUIDANCE = 4.0
STEPS = 20
GRID_PROMPTS = (
    "a red dragon", "cat", "dog", "robot", "red apple", "castle", "blue frog", "pizza",
    "wizard", "sword", "rocket", "unicorn", "purple car", "owl", "tree", "house",
    "crown", "green fish", "ghost", "strawberry", "sailboat", "yellow butterfly", "mushroom", "teal castle",
)  # fmt: skip


def default_scheduler() -> SchedulerMixin:
    """What draws best in twenty steps: DPM-Solver++ 2M."""
    return DPMSolverMultistepScheduler.from_config(
        noise_scheduler().config, algorithm_type="dpmsolver++", solver_order=2, use_karras_sigmas=False
    )


def export(
    denoiser: UNet2DConditionModel, codec: AutoencoderTiny, *, text_folder: Path, picture_folder: Path, out_dir: Path
) -> None:
    """Write every part of the stock pipeline, weights in half precision, and ``model_index.json``."""
    out_dir.mkdir(parents=True, exist_ok=True)
    _half(denoiser).save_pretrained(out_dir / "unet")
    _half(codec).save_pretrained(out_dir / "vae")
    default_scheduler().save_pretrained(out_dir / "scheduler")
    lay(text_folder, ("text_encoder", "tokenizer"), out_dir)
    lay(picture_folder, ("image_encoder", "feature_extractor"), out_dir)
    (out_dir / "model_index.json").write_text(json.dumps(_index(), indent=2) + "\n")
    for path in out_dir.rglob("*.safetensors"):
        path.chmod(0o644)
    if (size := weight_bytes(out_dir)) > MAX_BYTES:
        raise RuntimeError(
            f"The weights are {size:,} bytes, over the limit of {MAX_BYTES:,}. Make the UNet or the vocabulary smaller."
        )


def lay(folder: Path, parts: Sequence[str], out_dir: Path) -> None:
    """Copy finished parts, over whatever was there."""
    for part in parts:
        shutil.rmtree(out_dir / part, ignore_errors=True)
        shutil.copytree(folder / part, out_dir / part)


def weight_bytes(folder: Path) -> int:
    """Bytes of all weights in a model directory."""
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors"))


def load(folder: Path, device: str) -> StableDiffusionPipeline:
    """The exported directory as anybody would load it."""
    pipeline = StableDiffusionPipeline.from_pretrained(
        folder, safety_checker=None, requires_safety_checker=False, dtype=torch.float32
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device)


def _half(model: Model) -> Model:
    """A half-precision copy; the one in training stays as it is."""
    return deepcopy(model).half()


def _index() -> dict[str, object]:
    return {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.42.1",
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
        "image_encoder": ["transformers", "CLIPVisionModelWithProjection"],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", type(default_scheduler()).__name__],
        "text_encoder": ["transformers", "BertModel"],
        "tokenizer": ["transformers", "BertTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderTiny"],
    }


@torch.no_grad()
def draw(
    denoiser: UNet2DConditionModel,
    text: TextEncoder,
    prompts: Sequence[str],
    *,
    scheduler: SchedulerMixin,
    seed: int,
    steps: int,
    guidance: float = GUIDANCE,
) -> Tensor:
    """Latents ``[n, 8, 16, 16]`` of the prompts, the short way round the pipeline (one batch)."""
    device = str(denoiser.device)
    states = text.states([*prompts, ""])[0].float().to(device)
    both = torch.cat([states[-1:].expand(len(prompts), -1, -1), states[:-1]])
    noise = torch.randn(
        (len(prompts), denoiser.config.in_channels, LATENT_SIZE, LATENT_SIZE),
        generator=torch.Generator().manual_seed(seed),
    )
    scheduler.set_timesteps(steps, device=device)
    latents = noise.to(device) * scheduler.init_noise_sigma
    for step in scheduler.timesteps:
        rows = scheduler.scale_model_input(latents.repeat(2, 1, 1, 1), step)
        without, with_text = denoiser(rows, step, both).sample.chunk(2)
        latents = scheduler.step(without + guidance * (with_text - without), step, latents).prev_sample
    drawn: Tensor = latents
    return drawn


@torch.no_grad()
def save_grid(
    denoiser: UNet2DConditionModel, codec: AutoencoderTiny, text: TextEncoder, folder: Path, step: int
) -> Path:
    """A contact sheet of the fixed prompts at the current step of training, reduced to 128 px a picture."""
    folder.mkdir(parents=True, exist_ok=True)
    latents = draw(denoiser, text, GRID_PROMPTS, scheduler=default_scheduler(), seed=1, steps=STEPS)
    large = render.to_bytes(codec.decode(latents).sample)
    sheet = render.contact_sheet(np.stack([render.shrink(picture, 128) for picture in large]), columns=8)
    path = folder / f"{step:06d}.png"
    sheet.save(path)
    return path
