"""Answers as A1111 gives them: pictures with their `info`, and errors."""

import json
from typing import Any

from fastapi.responses import JSONResponse

from safelight import __version__
from safelight.domain import errors
from safelight.domain.access import Access
from safelight.domain.picture import Picture
from safelight.domain.recipe import Recipe, Schedule
from safelight.store.metadata.a1111 import SAMPLER_NAMES, SCHEDULE_NAMES, infotext
from safelight.store.records import GenerationRecord
from safelight.web.doors.a1111.asking import Asked, AskedWithImage
from safelight.web.doors.images import base64
from safelight.web.problems import headers_of, status_of
from safelight.web.rooms import Rooms

LONG = ("init_images", "mask")
"""Not sent back where they were not asked for."""


def refusal(error: errors.SafelightError) -> JSONResponse:
    """An error in the shape of A1111's own."""
    what = f"{error.detail} {error.hint}".strip()
    answer = {"error": type(error).__name__, "detail": what, "body": "", "errors": error.detail, "hint": error.hint}
    return JSONResponse(answer, status_code=status_of(error), headers=headers_of(error))


async def answered(
    asked: Asked, record: GenerationRecord, pictures: tuple[Picture, ...], house: Rooms, *, access: Access
) -> dict[str, Any]:
    """The answer to `txt2img` and `img2img`."""
    images = []
    for picture in pictures if asked.send_images else ():
        images.append(base64((await house.runner.pictures.file(picture.id, workspace=access.workspace)).data))
    return {"images": images, "parameters": _echo(asked), "info": json.dumps(info(asked, record, pictures))}


def info(asked: Asked, record: GenerationRecord, pictures: tuple[Picture, ...]) -> dict[str, Any]:
    """What stands under `info`, before it is made a string."""
    recipe = record.recipe
    seeds = [picture.seed for picture in pictures] or [recipe.seed or 0]
    width, height = (pictures[0].width, pictures[0].height) if pictures else (recipe.width, recipe.height)
    return {
        "prompt": recipe.prompt,
        "all_prompts": [recipe.prompt] * len(seeds),
        "negative_prompt": recipe.negative_prompt,
        "all_negative_prompts": [recipe.negative_prompt] * len(seeds),
        "seed": seeds[0],
        "all_seeds": seeds,
        "subseed": seeds[0],
        "all_subseeds": seeds,
        "subseed_strength": 0,
        "width": width,
        "height": height,
        "sampler_name": SAMPLER_NAMES[recipe.sampler] if recipe.sampler else "",
        "cfg_scale": recipe.guidance,
        "steps": recipe.steps,
        "batch_size": asked.batch_size,
        "restore_faces": False,
        "face_restoration_model": None,
        "sd_model_name": recipe.model,
        "sd_model_hash": "",
        "sd_vae_name": None,
        "sd_vae_hash": None,
        "seed_resize_from_w": -1,
        "seed_resize_from_h": -1,
        "denoising_strength": _strength(recipe),
        "extra_generation_params": _extra(recipe),
        "index_of_first_image": 0,
        "infotexts": [infotext(alone(recipe, seed)) for seed in seeds],
        "styles": list(recipe.styles),
        "job_timestamp": stamp(record),
        "clip_skip": recipe.clip_skip + 1,
        "is_using_inpainting_conditioning": False,
        "version": f"Safelight {__version__}",
    }


def alone(recipe: Recipe, seed: int) -> Recipe:
    """The recipe of one of its pictures, as it is kept inside of the file."""
    return recipe.model_copy(update={"seed": seed, "count": 1})


def stamp(record: GenerationRecord) -> str:
    return record.created_at.strftime("%Y%m%d%H%M%S")


def _strength(recipe: Recipe) -> float | None:
    if recipe.image is not None:
        return recipe.image.strength
    return None if recipe.hires is None else recipe.hires.strength


def _extra(recipe: Recipe) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if recipe.schedule not in (None, Schedule.MODEL):
        extra["Schedule type"] = SCHEDULE_NAMES[recipe.schedule]
    if recipe.hires is not None:
        extra |= {"Hires upscale": recipe.hires.scale, "Hires upscaler": recipe.hires.upscale}
    if recipe.mask is not None:
        extra["Mask blur"] = recipe.mask.feather
    return extra


def _echo(asked: Asked) -> dict[str, Any]:
    echo = asked.model_dump(mode="json")
    if not (isinstance(asked, AskedWithImage) and asked.include_init_images):
        echo |= {name: None for name in LONG if name in echo}
    return echo
