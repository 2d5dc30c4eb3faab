"""The events of a batch: what becomes of its cells."""

from typing import Annotated, Literal

from pydantic import Field

from safelight.domain.batch import BatchState, CellState, Counts
from safelight.domain.events import Failed, Gap
from safelight.domain.frozen import Frozen
from safelight.domain.picture import Picture


class CellTold(Frozen):
    """A cell has come further. What is not told of is waiting."""

    kind: Literal["cell"] = "cell"
    index: int = Field(ge=0)
    state: CellState
    generation: str | None = None
    progress: float = Field(default=0.0, ge=0, le=1)
    """To the tenth; every step is on the feed of its generation."""
    pictures: tuple[Picture, ...] = ()
    error: Failed | None = None


class BatchEnded(Frozen):
    """Every cell has ended."""

    kind: Literal["ended"] = "ended"
    state: BatchState
    counts: Counts


BatchEvent = Annotated[CellTold | BatchEnded | Gap, Field(discriminator="kind")]
