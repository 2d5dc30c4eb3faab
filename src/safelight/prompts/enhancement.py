"""Making a prompt better, and saying what was done to it."""

from enum import StrEnum
from typing import Protocol

from pydantic import Field

from safelight.domain.frozen import Frozen


class Mode(StrEnum):
    """What a prompt is made better for."""

    SPRITE = "sprite"
    """One thing on nothing, in few words, as the embedded model was taught."""
    CHILD_FRIENDLY = "child_friendly"
    """Nothing frightening."""
    DETAILED = "detailed"
    """Light, composition and finish, for models of the size of Stable Diffusion."""


class Enhancement(Frozen):
    """A better prompt."""

    prompt: str
    negative_prompt: str
    """What goes with it; empty where nothing does."""
    changes: tuple[str, ...]
    """What was done, a sentence each; empty where there was nothing to do."""
    original: str
    by: str = Field(description="`rules`, or the language model that wrote it.")
    notice: str | None = None
    """Why the rules answered in place of the language model."""


class Enhancer(Protocol):
    """Something that makes prompts better: the rules, or a language model."""

    async def enhance(self, prompt: str, *, mode: Mode, seed: int = 0) -> Enhancement:
        """The better prompt. Weights and lots in it stay what they are.

        Args:
            seed: decides where there is a choice.

        Raises:
            InvalidRecipe: the better prompt would be too long.
        """
        ...
