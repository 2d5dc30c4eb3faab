"""Where a picture starts, when it does not start from noise alone, and what becomes of it afterwards."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from safelight.domain.frozen import Frozen
from safelight.domain.spans import Share

IMAGE_LIMIT = 32 * 2**20
"""Bytes of an image inside of a recipe, before base64."""

ImageRef = Annotated[
    str,
    StringConstraints(
        max_length=IMAGE_LIMIT * 4 // 3 + 100,
        pattern=r"^(pic_[0-9a-f]{24}|img_[0-9a-f]{64}|data:image/(png|jpeg|webp);base64,[A-Za-z0-9+/]+={0,2})$",
    ),
]
"""A kept picture (`pic_…`), a kept input (`img_…`), or the image itself as a `data:` URL, which is then kept."""


class StartImage(Frozen):
    """Develop from an image instead of from noise."""

    image: ImageRef
    strength: Share = 0.6
    """How far the image is noised before it is developed again: 0 only encodes and decodes it, 1 forgets it."""
    at_step: int | None = Field(default=None, ge=1)
    """Instead of `strength`: the step of the schedule to enter at, with the noise that belongs there."""


class Mask(Frozen):
    """Where to draw: white is drawn anew, black is kept. Needs a start image."""

    image: ImageRef
    feather: int = Field(default=0, ge=0, le=256)
    """Pixels around what is white over which what is drawn and what is kept run into each other."""
    invert: bool = False


class Outpaint(Frozen):
    """Pixels of the picture around the start image: they are drawn, the image is kept.

    The picture's size is the recipe's; the image gets what these leave of it.
    """

    left: int = Field(default=0, ge=0, le=2048)
    top: int = Field(default=0, ge=0, le=2048)
    right: int = Field(default=0, ge=0, le=2048)
    bottom: int = Field(default=0, ge=0, le=2048)

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.left or self.top or self.right or self.bottom):
            raise ValueError("adds nothing: give at least one side some pixels")
        return self


LATENT, LANCZOS = "latent", "lanczos"
"""The ways to enlarge that every model has: the latents themselves, and the decoded pixels by resampling."""


class Hires(Frozen):
    """A second pass: the picture is enlarged and developed again for a while."""

    scale: float = Field(default=2.0, gt=1, le=4)
    strength: Share = 0.5
    """How much of the enlarged picture is noised and developed again; 0 only enlarges it."""
    steps: int | None = Field(default=None, ge=1, le=200)
    """Steps of the whole schedule of the second pass; left out, as many as the first."""
    upscale: str = Field(default=LATENT, min_length=1, max_length=200)
    """`latent` enlarges the latents, `lanczos` the decoded pixels; else the id of an installed upscaler."""

    def size(self, width: int, height: int, *, multiple: int) -> tuple[int, int]:
        """Width and height of the second pass, to the nearest multiple that the model draws."""
        return (round(width * self.scale / multiple) * multiple, round(height * self.scale / multiple) * multiple)


class PromptImage(Frozen):
    """An image that says what to draw, beside or instead of the words."""

    image: ImageRef
    weight: Share = 0.7
    """1 listens to the image alone, 0 to the words alone."""
