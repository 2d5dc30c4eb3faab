"""What may be different in a workspace from the rest of the server."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from safelight.domain.frozen import Frozen
from safelight.domain.verdict import Category

Days = Annotated[float, Field(ge=0, le=36500)]
Threshold = Annotated[float, Field(ge=0, le=2)]
Thresholds = Mapping[Category, Threshold]


class Retention(Frozen):
    """How long things are kept, in days. What is left out is as the server has it."""

    pictures: Days | None = None
    """Pictures go for good so long after they were made, favourites and all; left out, they stay."""
    trash: Days | None = None
    """Deleted pictures stay in the trash for so long."""
    generations: Days | None = None
    """Generations without pictures, and batches, stay in the lists for so long after their end."""
    verdicts: Days | None = None
    """The journal of moderation goes back so far; left out, to the beginning."""


class Stricter(Frozen):
    """Scores from which on something is refused, by category. One above 1 lets everything of it pass, where the server
    allows that; what is left out is as the server has it."""

    texts: Thresholds = Field(default_factory=dict)
    pictures: Thresholds = Field(default_factory=dict)


class WorkspaceSettings(Frozen):
    """What is different in a workspace from the rest of the server."""

    retention: Retention = Retention()
    moderation: Stricter = Stricter()
    analytics: bool = True
    """Whether its use of the server may be counted under the names of those who use it."""
