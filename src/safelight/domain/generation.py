"""A generation: one recipe on its way to pictures, as the API shows it."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from safelight.domain.events import Failed
from safelight.domain.frozen import Frozen
from safelight.domain.picture import Picture
from safelight.domain.recipe import Recipe


class State(StrEnum):
    """Where a generation stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in (State.FINISHED, State.FAILED, State.CANCELLED)


class Priority(StrEnum):
    """Whose turn comes first among those of one workspace. Others' share stays the same."""

    LOW = "low"
    """When nothing else of the workspace waits."""
    NORMAL = "normal"
    HIGH = "high"
    """Before the others of the workspace; for admins, and keys with the scope `hurry`."""


class BranchOf(Frozen):
    """Where a generation branched off."""

    generation: str
    picture: int
    """Index of the picture within that generation, from 0."""
    step: int
    """The first step that the two do not share."""


class CellOf(Frozen):
    """Which cell of a batch it is."""

    batch: str
    index: int


class Links(Frozen):
    self: str
    events: str


class Generation(Frozen):
    """One recipe on its way to pictures."""

    id: str
    state: State
    recipe: Recipe
    priority: Priority = Priority.NORMAL
    position: int | None = Field(default=None, ge=0)
    """How many go before it at this moment, while it waits in the line of the server that answers."""
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    step: int = 0
    """Last step done, over all pictures."""
    total: int = 0
    pictures: tuple[Picture, ...] = ()
    error: Failed | None = None
    branch_of: BranchOf | None = None
    cell: CellOf | None = None
    links: Links
