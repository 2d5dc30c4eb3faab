"""The recipe: everything that decides what a picture looks like."""

import secrets
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from safelight.domain.adapting import Control, IPAdapter, Lora
from safelight.domain.frozen import Frozen
from safelight.domain.spans import Span
from safelight.domain.starting import Hires, Mask, Outpaint, PromptImage, StartImage
from safelight.domain.steering import Change, Injection
from safelight.domain.words import Prompt, Words

SEED_LIMIT = 2**32
SIZE_LIMIT = 4096
STEPS_LIMIT = 200


class Sampler(StrEnum):
    """The solvers of the reverse diffusion equation that the engine offers."""

    DDIM = "ddim"
    EULER = "euler"
    EULER_A = "euler_a"
    HEUN = "heun"
    DPM2 = "dpm2"
    DPMPP_2M = "dpmpp_2m"
    DPMPP_2M_SDE = "dpmpp_2m_sde"
    DPMPP_SDE = "dpmpp_sde"
    UNIPC = "unipc"
    LCM = "lcm"
    PNDM = "pndm"


class Schedule(StrEnum):
    """How the noise levels are spaced over the steps; `model` is the spacing the model was made with."""

    MODEL = "model"
    KARRAS = "karras"
    EXPONENTIAL = "exponential"


SIGMA_SAMPLERS = frozenset(
    {
        Sampler.EULER,
        Sampler.HEUN,
        Sampler.DPM2,
        Sampler.DPMPP_2M,
        Sampler.DPMPP_2M_SDE,
        Sampler.DPMPP_SDE,
        Sampler.UNIPC,
    }
)
"""Samplers whose noise levels may be spaced otherwise than the model's own."""


StyleId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
ProviderName = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Side = Annotated[int, Field(ge=16, le=SIZE_LIMIT, multiple_of=8)]


def picture_seed(first: int, picture: int) -> int:
    """Seed of the n-th picture of a generation: consecutive, wrapping at 2**32."""
    return (first + picture) % SEED_LIMIT


class Recipe(Frozen):
    """What to draw. A field left out takes the model's own default; the settled recipe has none left out."""

    prompt: Prompt
    """What the picture shows."""
    negative_prompt: Words = ""
    """What it should not show; weighs only where guidance is above 1."""
    model: str | None = Field(default=None, min_length=1, max_length=200)
    """Id of a model from `/api/v1/models`; left out, the server's default model."""
    provider: ProviderName | Annotated[tuple[ProviderName, ...], Field(min_length=1, max_length=8)] | None = None
    """Who else may draw it where the first cannot: `auto` for whoever can, or names from `/api/v1/providers` in the
    order in which to try them. A `notice` says who does and what changed. Left out, it is the model's own or nobody."""
    steps: int | None = Field(default=None, ge=1, le=STEPS_LIMIT)
    """Denoising steps; more is slower and finer."""
    guidance: float | None = Field(default=None, ge=0, le=50)
    """Classifier-free guidance scale (Ho & Salimans, 2022); 1 or less switches it off."""
    guidance_span: Span | None = None
    """Guide in this part of the steps alone: the others take half the time. A little of the effect is lost, and at the
    beginning or the end that may even help (Kynkäänniemi et al., 2024)."""
    feature_cache: int | None = Field(default=None, ge=2, le=8)
    """Compute one of so many steps whole, and use its deep features again in the others: faster, and approximate. Not
    together with `controls`."""
    sampler: Sampler | None = None
    schedule: Schedule | None = None
    seed: int | None = Field(default=None, ge=0, lt=SEED_LIMIT)
    """Same recipe, same seed, same picture. Left out, the server draws one and says which."""
    width: Side | None = None
    """Pixels."""
    height: Side | None = None
    """Pixels."""
    count: int = Field(default=1, ge=1, le=16)
    """Pictures to draw, with consecutive seeds."""
    clip_skip: int = Field(default=0, ge=0, le=12)
    """Layers of the text encoder to leave out, counted from its end."""
    styles: tuple[StyleId, ...] = Field(default=(), max_length=8)
    """Ids of styles from `/api/v1/presets`, put around the prompt in this order."""
    prompt_template: Words | None = None
    """Filled in by the server where wildcards or styles made `prompt` out of it. A recipe that is sent with it is drawn
    as it stands: send it as `prompt`, without this field, to draw its lots again."""
    negative_template: Words | None = None
    """As `prompt_template`, of the negative prompt."""
    image: StartImage | None = None
    mask: Mask | None = None
    outpaint: Outpaint | None = None
    hires: Hires | None = None
    prompt_image: PromptImage | None = None
    loras: tuple[Lora, ...] = Field(default=(), max_length=8)
    controls: tuple[Control, ...] = Field(default=(), max_length=4)
    ip_adapter: IPAdapter | None = None
    injections: tuple[Injection, ...] = Field(default=(), max_length=64)
    steering: tuple[Change, ...] = Field(default=(), max_length=64)
    """Changes of direction under way, in the order of their steps."""
    stop_after: int | None = Field(default=None, ge=1, le=1000)
    """Leave off after this step; the picture is what the model expected at that moment."""

    @model_validator(mode="after")
    def _image_to_work_on(self) -> Self:
        for name in ("mask", "outpaint"):
            if getattr(self, name) is not None and self.image is None:
                raise ValueError(f"`{name}` needs a start image: give `image` too")
        if self.feature_cache is not None and self.controls:
            raise ValueError("`feature_cache` leaves out what `controls` steer: give one of the two")
        return self

    @property
    def work(self) -> float:
        """What it asks of a model, settled: pixels times steps, in millions."""
        return self.count * (self.steps or 1) * (self.width or 1) * (self.height or 1) / 1e6

    def with_seed(self) -> "Recipe":
        """This recipe, with a random seed where it has none."""
        return self if self.seed is not None else self.model_copy(update={"seed": secrets.randbelow(SEED_LIMIT)})
