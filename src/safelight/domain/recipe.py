"""The recipe: everything that decides what a picture looks like."""

import secrets
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from safelight.domain.frozen import Frozen

PROMPT_LIMIT = 10_000
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


Prompt = Annotated[str, StringConstraints(max_length=PROMPT_LIMIT)]
Side = Annotated[int, Field(ge=16, le=SIZE_LIMIT, multiple_of=8)]


def picture_seed(first: int, picture: int) -> int:
    """Seed of the n-th picture of a generation: consecutive, wrapping at 2**32."""
    return (first + picture) % SEED_LIMIT


class Recipe(Frozen):
    """What to draw. A field left out takes the model's own default; the settled recipe has none left out."""

    prompt: Prompt
    """What the picture shows."""
    negative_prompt: Prompt = ""
    """What it should not show; weighs only where guidance is above 1."""
    model: str | None = Field(default=None, min_length=1, max_length=200)
    """Id of a model from `/api/v1/models`; left out, the server's default model."""
    steps: int | None = Field(default=None, ge=1, le=STEPS_LIMIT)
    """Denoising steps; more is slower and finer."""
    guidance: float | None = Field(default=None, ge=0, le=50)
    """Classifier-free guidance scale (Ho & Salimans, 2022); 1 or less switches it off."""
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

    @field_validator("prompt", "negative_prompt")
    @classmethod
    def _plain_text(cls, text: str) -> str:
        if "\x00" in text:
            raise ValueError("contains a NUL character")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError("contains half of a surrogate pair, which is not text") from error
        return text.strip()

    @field_validator("prompt")
    @classmethod
    def _not_empty(cls, prompt: str) -> str:
        if not prompt:
            raise ValueError("is empty: say what the picture should show")
        return prompt

    def with_seed(self) -> "Recipe":
        """This recipe, with a random seed where it has none."""
        return self if self.seed is not None else self.model_copy(update={"seed": secrets.randbelow(SEED_LIMIT)})
