"""Stepping in: noise put into a part of the picture, and changes of direction under way.

Both are part of the recipe, so that the recipe of a steered picture draws the same picture again.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from safelight.domain.frozen import Frozen
from safelight.domain.starting import ImageRef
from safelight.domain.words import Prompt, Words

Step = Annotated[int, Field(ge=1, le=1000)]


class Pattern(StrEnum):
    """Where noise is put in, when no mask is painted."""

    CIRCLE = "circle"
    SQUARE = "square"
    EDGES = "edges"
    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"
    CHECKERBOARD = "checkerboard"
    BLOBS = "blobs"


class Injection(Frozen):
    """Fresh noise in a part of the picture, after some of its steps."""

    pattern: Pattern | None = None
    mask: ImageRef | None = None
    """Painted: white takes noise. Either a pattern or a mask."""
    first: Step = 1
    """Put in after this step."""
    last: Step | None = None
    """…and after every step up to this one; left out, only once."""
    strength: float = Field(default=0.5, ge=0, le=4)
    """Standard deviation of the noise, as a part of the noise level that the step leaves; 0 changes nothing."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    feather: float = Field(default=0.1, ge=0, le=1)
    """Width of the soft edge, as a part of the picture's shorter side."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.pattern is None) == (self.mask is None):
            raise ValueError("needs either a pattern or a mask")
        if self.last is not None and self.last < self.first:
            raise ValueError("ends before it begins: `last` is smaller than `first`")
        return self

    def at(self, step: int) -> "Injection":
        """The same from another step on, for as many steps."""
        last = None if self.last is None else step + self.last - self.first
        return self.model_copy(update={"first": step, "last": last})

    @property
    def steps(self) -> range:
        """The steps after which it happens."""
        return range(self.first, (self.last or self.first) + 1)


class Change(Frozen):
    """What is different from a step on. What is left out stays."""

    step: Step
    """The first step that is taken in the new direction."""
    prompt: Prompt | None = None
    negative_prompt: Words | None = None
    guidance: float | None = Field(default=None, ge=0, le=50)


class Turn(Frozen):
    """What is asked of a generation under way: to be done at the next step. What is left out stays."""

    prompt: Prompt | None = None
    negative_prompt: Words | None = None
    guidance: float | None = Field(default=None, ge=0, le=50)
    injection: Injection | None = None
    """Where its first step is taken already, it moves to the next one, and its last with it."""
    stop_after: Step | None = None
    """Leave off after this step, or after the next where it is over."""

    @property
    def change(self) -> Change | None:
        """Its part that has to do with the directions, as if from the first step."""
        wishes = self.model_dump(include={"prompt", "negative_prompt", "guidance"}, exclude_none=True)
        return Change(step=1, **wishes) if wishes else None
