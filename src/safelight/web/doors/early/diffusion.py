"""The streaming diffusion API: `POST /generate`, answered with the same frames as the demo's."""

from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from safelight.domain.recipe import Recipe
from safelight.domain.steering import Pattern
from safelight.web.admitting import Caller
from safelight.web.body import body_of
from safelight.web.doors.early.frames import streamed
from safelight.web.doors.images import as_given
from safelight.web.doors.recipes import model_of, recipe_of, size_of
from safelight.web.doors.telling import router_of
from safelight.web.problems import answer
from safelight.web.rooms import House, Rooms
from safelight.web.sse import EventStream

router = router_of(answer)
NAMES = {"image": "init_image", "injections": "noise_injection", "guidance": "guidance_scale"}
SILENT = "image"
"""The words where an image is all that is said: it counts in their place."""


class Noise(BaseModel):
    """Noise put in after a step."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    step: int
    strength: float = 0.5
    pattern: Pattern = Field(default=Pattern.CIRCLE, alias="mask_pattern")
    mask: str | None = None
    """Painted, in base64, instead of a pattern: white takes noise."""
    last: int | None = Field(default=None, alias="end_step")
    seed: int = 0


class Wished(BaseModel):
    """The body of `POST /generate`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, protected_namespaces=())

    prompt: str = ""
    negative_prompt: str | None = None
    prompt_image: str | None = None
    prompt_image_weight: float | None = None
    init_image: str | None = None
    strength: float | None = None
    start_image: str | None = None
    steps: int | None = Field(default=None, alias="num_inference_steps")
    guidance: float | None = Field(default=None, alias="guidance_scale")
    seed: int | None = None
    size: int | str | None = None
    width: int | None = None
    height: int | None = None
    model: str | None = Field(default=None, alias="model_id")
    noise_injection: Noise | tuple[Noise, ...] | None = Field(default=None, alias="noise_injections")


Body = Annotated[Wished, Depends(body_of(Wished, what="a request", strict=False, images=True))]


@router.post("/generate")
async def generate(house: House, access: Caller, wished: Body) -> EventStream:
    """Draw, and send every step."""
    record = await house.runner.submit(_recipe(wished, house), access=access)
    return await streamed(record, house, access=access)


def _recipe(wished: Wished, house: Rooms) -> Recipe:
    size = f"{wished.size}x{wished.size}" if str(wished.size or "").isdecimal() else wished.size
    width, height = size_of(None if size is None else str(size))
    return recipe_of(
        NAMES,
        prompt=wished.prompt.strip() or (SILENT if wished.prompt_image else ""),
        negative_prompt=wished.negative_prompt,
        model=model_of(wished.model, house),
        steps=wished.steps,
        guidance=wished.guidance,
        seed=wished.seed,
        width=wished.width or width,
        height=wished.height or height,
        prompt_image=_prompt_image(wished),
        image=_image(wished),
        injections=_injections(wished.noise_injection),
    )


def _prompt_image(wished: Wished) -> dict[str, Any] | None:
    """In place of the words, unless a weight says otherwise."""
    if wished.prompt_image is None:
        return None
    weight = 1.0 if wished.prompt_image_weight is None else wished.prompt_image_weight
    return {"image": as_given(wished.prompt_image, field="prompt_image"), "weight": weight}


def _image(wished: Wished) -> dict[str, Any] | None:
    """An image to develop again, or one that all of the noise is put on."""
    if wished.start_image is not None:
        return {"image": as_given(wished.start_image, field="start_image"), "at_step": 1}
    if wished.init_image is None:
        return None
    strength = {} if wished.strength is None else {"strength": wished.strength}
    return {"image": as_given(wished.init_image, field="init_image"), **strength}


def _injections(wished: Noise | tuple[Noise, ...] | None) -> tuple[dict[str, Any], ...] | None:
    if wished is None:
        return None
    return tuple(_injection(one) for one in (wished if isinstance(wished, tuple) else (wished,)))


def _injection(noise: Noise) -> dict[str, Any]:
    where: dict[str, Any] = {"pattern": noise.pattern}
    if noise.mask is not None:
        where = {"mask": as_given(noise.mask, field="noise_injection.mask")}
    when = {"first": noise.step, "last": noise.last, "strength": noise.strength, "seed": noise.seed}
    return {**where, **when}
