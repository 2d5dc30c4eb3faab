"""Draw with an exported model the way anybody would: through the stock pipeline, with its own scheduler."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor

from safelight.training import render
from safelight.training.export import GUIDANCE, STEPS
from safelight.training.precision import mixed
from safelight.training.text import MAX_LENGTH
from safelight.training.views import views

Prompts = Sequence[str] | Tensor
"""Words, or token states ``[n, 16, 384]``."""


def pictures(
    pipeline: StableDiffusionPipeline, prompts: Prompts, *, seed: int, steps: int = STEPS, batch: int = 16
) -> render.Bytes:
    """Premultiplied ``[n, 256, 256, 4]``; the picture at place ``p`` is drawn with ``seed + p``."""
    rows = []
    for start in range(0, len(prompts), batch):
        part = prompts[start : start + batch]
        given = {"prompt_embeds": part} if isinstance(part, Tensor) else {"prompt": list(part)}
        if isinstance(part, Tensor):
            given["negative_prompt_embeds"] = pipeline.encode_prompt("", part.device, 1, False)[0].expand_as(part)
        generators = [torch.Generator().manual_seed(seed + start + place) for place in range(len(part))]
        # As the studio draws: the network in bfloat16 where there is such a thing, the sampler in single precision.
        with mixed(str(pipeline.device)):
            values = pipeline(
                **given, num_inference_steps=steps, guidance_scale=GUIDANCE, generator=generators, output_type="np"
            ).images
        rows.append((np.asarray(values) * 255 + 0.5).astype(np.uint8))
    return np.concatenate(rows)


def shrunk(large: render.Bytes, size: int = render.SMALL) -> render.Bytes:
    return np.stack([render.shrink(picture, size) for picture in large])


@torch.no_grad()
def as_prompts(pipeline: StableDiffusionPipeline, seen: render.Bytes, *, photo: bool, seed: int = 0) -> Tensor:
    """Token states ``[n, 16, 384]`` of premultiplied ``[n, 64, 64, 4]``: the image's vector, repeated.

    On white, or with ``photo`` as a camera might show it: on some ground, lit unevenly, in noise.
    """
    values = torch.from_numpy(np.ascontiguousarray(seen)).permute(0, 3, 1, 2).float() / 255
    torch.manual_seed(seed)
    shown = views(values, plain=0.0, pencilled=0.0) if photo else values[:, :3] + 1 - values[:, 3:]
    files = list((shown.permute(0, 2, 3, 1).numpy() * 255 + 0.5).astype(np.uint8))
    inputs = pipeline.feature_extractor(files, return_tensors="pt").pixel_values.to(pipeline.device)
    vectors: Tensor = pipeline.image_encoder(inputs).image_embeds
    return vectors[:, None].expand(-1, MAX_LENGTH, -1).contiguous()


def seconds(pipeline: StableDiffusionPipeline, *, steps: int, rounds: int = 5) -> float:
    """Median seconds for one picture, decoded, on as many threads as torch has been given."""
    spent = []
    for round_ in range(rounds + 1):
        begin = time.perf_counter()
        pictures(pipeline, ["a red dragon"], seed=round_, steps=steps)
        spent.append(time.perf_counter() - begin)
    return round(statistics.median(spent[1:]), 3)
