"""The embedded model with so small a UNet that a step takes milliseconds: scheduling shows in seconds."""

import json
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from workloads import LORAS, lora

SPRITE = Path(__file__).parents[1] / "models" / "sprite"
SMALL = {"block_out_channels": [16, 32, 32], "attention_head_dim": [1, 1, 2]}


def build(folder: Path) -> Path:
    """Everything of the embedded model, and a small UNet of random numbers."""
    folder.mkdir(parents=True)
    for part in SPRITE.iterdir():
        if part.name != "unet":
            (folder / part.name).symlink_to(part)
    torch.manual_seed(1)
    config = json.loads((SPRITE / "unet" / "config.json").read_text())
    UNet2DConditionModel.from_config({**config, **SMALL}).save_pretrained(folder / "unet")
    return dressed(folder, folder)


def dressed(model: Path, shelf: Path) -> Path:
    """Two LoRAs for the model, on a shelf."""
    unet = UNet2DConditionModel.from_pretrained(model, subfolder="unet")
    (shelf / "loras").mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(LORAS):
        save_file(lora(unet, seed=seed), shelf / "loras" / f"{name}.safetensors")
    return shelf


def copy_of(model: Path, folder: Path) -> Path:
    """The model under a name of its own, with two LoRAs beside it."""
    folder.mkdir(parents=True)
    for part in model.iterdir():
        (folder / part.name).symlink_to(part)
    return dressed(model, folder)
