"""Ask the exported model for things that it was never shown, and measure what can be measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionPipeline

from safelight.training import render
from safelight.training.captions import HELD_OUT_COLOURS
from safelight.training.colours import dominant
from safelight.training.export import GRID_PROMPTS, GUIDANCE, STEPS

SHEET_SEEDS = (1, 2)
"""The model card's sheet is chosen by rule: every grid prompt with these seeds, none left out."""


def evaluate(pipeline: StableDiffusionPipeline, sheet: Path, *, size: int = 96) -> dict[str, Any]:
    """Colour accuracy on held-out pairs; writes the model card's sample sheet to ``sheet``."""
    pairs = sorted(HELD_OUT_COLOURS)
    drawn = pictures(pipeline, [f"{colour} {thing}" for colour, thing in pairs], seed=7)
    shades = [dominant(render.unpremultiply(render.shrink(picture, 64))) for picture in drawn]
    hits = [shade.name == colour for shade, (colour, _) in zip(shades, pairs, strict=True)]
    write_sheet(pipeline, sheet, size=size)
    return {
        "held_out_pairs": len(pairs),
        "colour_hit_rate": round(float(np.mean(hits)), 3),
        "steps": STEPS,
        "guidance": GUIDANCE,
    }


def pictures(pipeline: StableDiffusionPipeline, prompts: list[str], *, seed: int, batch: int = 16) -> render.Bytes:
    """Premultiplied ``[n, 256, 256, 4]`` through the stock pipeline, with its own scheduler."""
    rows = []
    for start in range(0, len(prompts), batch):
        part = prompts[start : start + batch]
        generators = [torch.Generator().manual_seed(seed + start + place) for place in range(len(part))]
        values = pipeline(
            part, num_inference_steps=STEPS, guidance_scale=GUIDANCE, generator=generators, output_type="np"
        ).images
        rows.append((np.asarray(values) * 255 + 0.5).astype(np.uint8))
    return np.concatenate(rows)


def write_sheet(pipeline: StableDiffusionPipeline, sheet: Path, *, size: int) -> None:
    """Every grid prompt, one row block per seed, ``size`` px each, as WebP or PNG by the file's ending."""
    drawn = np.concatenate([pictures(pipeline, list(GRID_PROMPTS), seed=seed * 1000) for seed in SHEET_SEEDS])
    small = np.stack([np.asarray(_resize(picture, size)) for picture in drawn])
    render.contact_sheet(small, columns=8).save(sheet, quality=88)


def _resize(picture: render.Bytes, size: int) -> render.Bytes:
    values = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    smaller = torch.nn.functional.interpolate(values, size=(size, size), mode="area")
    return smaller[0].permute(1, 2, 0).round().byte().numpy()
