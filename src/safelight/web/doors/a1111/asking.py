"""What A1111's clients ask for, and the recipe that it is.

As there, fields that nobody knows are passed over. What is known and cannot be done is refused, unless it says no more
than that it is not wanted.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from safelight.domain.adapting import Lora
from safelight.domain.errors import InvalidRecipe, NotFound
from safelight.domain.recipe import Recipe, Sampler, Schedule
from safelight.domain.starting import LANCZOS, LATENT
from safelight.store.metadata.a1111 import SAMPLERS, SCHEDULES, sampler_of, without_loras
from safelight.web.doors.a1111.scripts import controls_of
from safelight.web.doors.images import as_given, cropped, data_url, given
from safelight.web.doors.recipes import model_of, recipe_of, unsupported
from safelight.web.rooms import Rooms

NAMES = {
    "guidance": "cfg_scale", "sampler": "sampler_name", "schedule": "scheduler", "count": "batch_size", "mask": "mask",
    "image.strength": "denoising_strength", "image": "init_images", "hires.scale": "hr_scale",
    "hires.strength": "denoising_strength", "hires.steps": "hr_second_pass_steps",
    "clip_skip": "CLIP_stop_at_last_layers",
}  # fmt: skip
REFUSED = (
    "subseed_strength", "restore_faces", "tiling", "refiner_checkpoint", "infotext", "s_churn", "hr_prompt",
    "hr_negative_prompt", "firstpass_image",
)  # fmt: skip
"""Wishes that nothing here fulfils; empty, zero or false they are none."""
SAME = ("", "automatic", "use same sampler", "use same scheduler", "use same checkpoint")
KNOWN_SCHEDULES = SCHEDULES | dict.fromkeys(("uniform", "normal", "simple"), Schedule.MODEL)
"""Spaced as the model was made with, under the names that this has there."""
RESIZED, CROPPED, FILLED, LATENT_RESIZED = range(4)


class Asked(BaseModel):
    """The body of `txt2img`."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    prompt: str = ""
    negative_prompt: str | None = None
    styles: tuple[str, ...] | None = None
    seed: int | None = None
    subseed_strength: float | None = None
    sampler_name: str | None = None
    sampler_index: str | None = None
    scheduler: str | None = None
    batch_size: int = Field(default=1, ge=1)
    n_iter: int = Field(default=1, ge=1)
    steps: int | None = None
    cfg_scale: float | None = None
    width: int | None = None
    height: int | None = None
    restore_faces: bool | None = None
    tiling: bool | None = None
    s_churn: float | None = None
    denoising_strength: float | None = None
    override_settings: dict[str, Any] | None = None
    refiner_checkpoint: str | None = None
    infotext: str | None = None
    script_name: str | None = None
    script_args: list[Any] | None = None
    alwayson_scripts: dict[str, Any] | None = None
    send_images: bool = True
    force_task_id: str | None = Field(default=None, max_length=200)
    enable_hr: bool | None = None
    firstpass_image: str | None = None
    hr_scale: float | None = None
    hr_upscaler: str | None = None
    hr_second_pass_steps: int | None = None
    hr_resize_x: int | None = None
    hr_resize_y: int | None = None
    hr_checkpoint_name: str | None = None
    hr_sampler_name: str | None = None
    hr_scheduler: str | None = None
    hr_prompt: str | None = None
    hr_negative_prompt: str | None = None


class AskedWithImage(Asked):
    """The body of `img2img`."""

    init_images: tuple[str, ...] | None = None
    resize_mode: int | None = Field(default=RESIZED, ge=RESIZED, le=LATENT_RESIZED)
    mask: str | None = None
    mask_blur: int | None = None
    inpainting_mask_invert: int | None = None
    include_init_images: bool | None = None


def recipe_for(asked: Asked, options: Mapping[str, Any], house: Rooms) -> Recipe:
    """The recipe of a request. Slow where it brings images: for a thread.

    Args:
        options: the settings that the caller has made, which the request's own go before.

    Raises:
        InvalidRecipe, UnknownModel: a field is wrong.
        NotFound: there is no such sampler or script, or no image to begin with.
    """
    _refuse(asked)
    settings = {**options, **(asked.override_settings or {})}
    prompt, loras = without_loras(asked.prompt)
    sampler, schedule = _sampling(asked)
    return recipe_of(
        NAMES,
        prompt=prompt,
        negative_prompt=asked.negative_prompt,
        model=model_of(settings.get("sd_model_checkpoint"), house),
        steps=asked.steps,
        guidance=asked.cfg_scale,
        sampler=sampler,
        schedule=schedule,
        seed=None if asked.seed is None or asked.seed < 0 else asked.seed,
        width=asked.width,
        height=asked.height,
        count=asked.batch_size * asked.n_iter,
        clip_skip=_clip_skip(settings.get("CLIP_stop_at_last_layers")),
        styles=_styles(asked.styles or (), house),
        loras=tuple(Lora(id=id, weight=weight) for id, weight in loras) or None,
        controls=controls_of(asked.alwayson_scripts or {}, script=asked.script_name),
        hires=hires_of(asked) if asked.enable_hr else None,
        **_starting(asked),
    )


def _refuse(asked: Asked) -> None:
    for name in REFUSED:
        if value := getattr(asked, name):
            raise unsupported(name, value)
    for name in ("hr_checkpoint_name", "hr_sampler_name", "hr_scheduler"):
        value = getattr(asked, name)
        if asked.enable_hr and value is not None and value.lower() not in SAME:
            raise unsupported(name, value)


def _sampling(asked: Asked) -> tuple[Sampler | None, Schedule | None]:
    sampler, schedule = sampler_of(asked.sampler_name or asked.sampler_index or "", asked.scheduler or "")
    # Its old name for the schedule came with the sampler's; beside it, `automatic` says nothing.
    if schedule.lower() in SAME:
        sampler, schedule = sampler_of(sampler)
    if sampler and sampler.lower() not in SAME and sampler.lower() not in SAMPLERS:
        raise NotFound("Sampler not found", hint=f"'{sampler[:60]}' is not among GET /sdapi/v1/samplers.")
    if schedule and schedule.lower() not in SAME and schedule.lower() not in KNOWN_SCHEDULES:
        raise NotFound("Scheduler not found", hint=f"'{schedule[:60]}' is not among GET /sdapi/v1/schedulers.")
    return SAMPLERS.get(sampler.lower()), KNOWN_SCHEDULES.get(schedule.lower())


def _clip_skip(layers: object) -> int | None:
    """A1111 counts from 1."""
    return layers - 1 if isinstance(layers, int) and layers > 1 else None


def _styles(names: tuple[str, ...], house: Rooms) -> tuple[str, ...] | None:
    ids = {style.name.lower(): id for id, style in house.runner.prompts.styles.items()}
    return tuple(ids.get(name.lower(), name) for name in names) or None


def hires_of(asked: Asked) -> dict[str, Any]:
    """The second pass of a request that has one."""
    scale = asked.hr_scale or 2.0
    if asked.hr_resize_x and asked.width:
        scale = asked.hr_resize_x / asked.width
    elif asked.hr_resize_y and asked.height:
        scale = asked.hr_resize_y / asked.height
    strength = {} if asked.denoising_strength is None else {"strength": asked.denoising_strength}
    return {"scale": scale, "steps": asked.hr_second_pass_steps or None, "upscale": _upscaler(asked), **strength}


def _upscaler(asked: Asked) -> str:
    name = asked.hr_upscaler or "Latent"
    if name.lower().startswith(LATENT):
        return LATENT
    return LANCZOS if name.lower() in (LANCZOS, "none") else name


def _starting(asked: Asked) -> dict[str, Any]:
    """Where it starts, where that is an image."""
    if not isinstance(asked, AskedWithImage):
        return {}
    if not asked.init_images:
        raise NotFound("Init image not found", hint="Send it in base64 in `init_images`.")
    if len(asked.init_images) > 1:
        raise InvalidRecipe("Several images cannot be mixed.", hint="Send one.", fields={"init_images": "are several"})
    if asked.resize_mode in (FILLED, LATENT_RESIZED):
        raise unsupported("resize_mode", asked.resize_mode)
    strength = 0.75 if asked.denoising_strength is None else asked.denoising_strength
    image = as_given(asked.init_images[0], field="init_images")
    if asked.resize_mode == CROPPED and asked.width and asked.height:
        whole = given(asked.init_images[0], field="init_images")
        image = data_url(cropped(whole, asked.width, asked.height), field="init_images")
    begins: dict[str, Any] = {"image": {"image": image, "strength": strength}}
    if asked.mask:
        drawn = {
            "feather": 4 if asked.mask_blur is None else asked.mask_blur,
            "invert": bool(asked.inpainting_mask_invert),
        }
        begins["mask"] = {"image": as_given(asked.mask, field="mask"), **drawn}
    return begins
