"""One picture of a recipe, as the engine draws it alone and as diffusers' own pipelines do."""

from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from safelight.domain.recipe import Recipe
from safelight.engine.engine import Engine
from safelight.engine.families.family import Family, Way
from safelight.engine.message import Drawn, Failed
from safelight.engine.reading import read_json
from safelight.engine.samplers import make_scheduler
from tests.engine.conftest import run, unmeasured


class Finals:
    """The real family, seen through: keeps the latents that the engine hands to the decoder."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self.latents: list[Tensor] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._family, name)

    def decode(self, latents: Tensor, way: Way = Way.WHOLE) -> object:
        self.latents.append(latents)
        return self._family.decode(latents, way)


def drawn_alone(family: Family, recipe: Recipe, images: Mapping[str, bytes] | None = None) -> Tensor:
    """Final latents."""
    return developed(family, recipe, images)[0]


def developed(family: Family, recipe: Recipe, images: Mapping[str, bytes] | None = None) -> tuple[Tensor, Image.Image]:
    """Final latents and the picture."""
    finals = Finals(family)
    engine = Engine(lambda _: finals, profile=unmeasured)  # type: ignore[arg-type, return-value]
    engine.add(recipe, images=images)
    told = [message for _, message in run(engine)]
    engine.close()
    assert not [message.error.detail for message in told if isinstance(message, Failed)]
    return finals.latents[-1], next(message.image for message in told if isinstance(message, Drawn))


def drawn_by_diffusers(pipeline_class: Any, folder: Path, recipe: Recipe, **inputs: object) -> Tensor:
    """Final latents of a stock pipeline."""
    pipeline = _pipeline(pipeline_class, folder)
    assert recipe.sampler and recipe.schedule and recipe.steps and recipe.seed is not None
    pipeline.scheduler = make_scheduler(
        read_json(folder / "scheduler" / "scheduler_config.json"),
        sampler=recipe.sampler,
        schedule=recipe.schedule,
        steps=recipe.steps,
        cells=1,
    )
    latents: Tensor = pipeline(
        recipe.prompt,
        negative_prompt=recipe.negative_prompt,
        num_inference_steps=recipe.steps,
        guidance_scale=recipe.guidance,
        generator=torch.Generator().manual_seed(recipe.seed),
        output_type="latent",
        **inputs,
    ).images
    return latents


@lru_cache(maxsize=8)
def _pipeline(pipeline_class: Any, folder: Path) -> Any:
    pipeline = pipeline_class.from_pretrained(folder, safety_checker=None, requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def on_schedule(pipeline: Any, recipe: Recipe) -> Any:
    """A stock pipeline with a recipe's own scheduler, and without its progress bar."""
    assert recipe.sampler and recipe.schedule and recipe.steps and recipe.seed is not None
    pipeline.set_progress_bar_config(disable=True)
    pipeline.scheduler = make_scheduler(
        pipeline.scheduler.config, sampler=recipe.sampler, schedule=recipe.schedule, steps=recipe.steps, cells=1
    )
    return pipeline


def photograph(width: int = 32, height: int = 32, mode: str = "RGB", seed: int = 0) -> Image.Image:
    """Smooth colours with some grain."""
    dice = np.random.default_rng(seed)
    coarse = Image.fromarray(dice.integers(0, 256, (4, 4, 3), np.uint8)).resize((width, height))
    grainy = np.asarray(coarse, np.int16) + dice.integers(-8, 8, (height, width, 3), np.int16)
    return Image.fromarray(grainy.clip(0, 255).astype(np.uint8)).convert(mode)


def white_box(box: tuple[int, int, int, int], width: int = 32, height: int = 32) -> Image.Image:
    mask = Image.new("L", (width, height))
    mask.paste(255, box)
    return mask


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def name_of(number: int) -> str:
    """An id that an image may have."""
    return f"img_{number:064x}"
