"""Batches: many generations that were asked for at once, as a list or as a grid."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from safelight.domain.events import Failed
from safelight.domain.frozen import Frozen
from safelight.domain.recipe import Recipe
from safelight.domain.webhook import Webhook

CELLS_LIMIT = 500

Text = Annotated[str, StringConstraints(max_length=2000)]
Value = bool | int | float | Text | None
FieldPath = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z_]+(\.([a-z_]+|\d{1,2}))*$")]


class Range(Frozen):
    """Numbers at even distances, the last one included where a step ends on it."""

    first: int | float
    last: int | float
    step: int | float = 1

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if not self.step or (self.last - self.first) / self.step < 0:
            raise ValueError("`step` does not lead from `first` to `last`")
        if (self.last - self.first) / self.step >= CELLS_LIMIT:
            raise ValueError(f"a range has {CELLS_LIMIT} numbers at most")
        return self

    def values(self) -> tuple[int | float, ...]:
        numbers = int((self.last - self.first) / self.step + 1e-9) + 1
        if all(isinstance(number, int) for number in (self.first, self.step)):
            return tuple(self.first + index * self.step for index in range(numbers))
        # Nobody means 0.30000000000000004.
        return tuple(round(self.first + index * self.step, 9) for index in range(numbers))


class Axis(Frozen):
    """What changes along one side of a grid."""

    field: FieldPath
    """Of the recipe: `sampler`, `guidance`, `loras.0.weight`."""
    values: tuple[Value, ...] | None = Field(default=None, min_length=1, max_length=CELLS_LIMIT)
    range: Range | None = None
    """In place of `values`."""
    search: Text | None = Field(default=None, min_length=1)
    """Put each value where this stands in the text of the field, instead of setting the field."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.values is None) == (self.range is None):
            raise ValueError("an axis has either `values` or a `range`")
        if self.search is not None and not all(isinstance(value, str) for value in self.all()):
            raise ValueError("what takes the place of `search` is text")
        return self

    def all(self) -> tuple[Value, ...]:
        """Every value, in order."""
        if self.range is not None:
            return self.range.values()
        return self.values or ()


class BatchWish(Frozen):
    """A list of recipes, or one recipe and what changes along the axes of a grid."""

    recipes: tuple[Recipe, ...] | None = Field(default=None, min_length=1, max_length=CELLS_LIMIT)
    recipe: Recipe | None = None
    axes: tuple[Axis, ...] = Field(default=(), max_length=3)
    """Columns, rows, and sheets below each other."""
    webhook: Webhook | None = None
    """Who is told how it ends."""

    @model_validator(mode="after")
    def _list_or_grid(self) -> Self:
        if (self.recipes is None) == (self.recipe is None):
            raise ValueError("a batch has either `recipes`, or a `recipe` and `axes`")
        if bool(self.axes) is (self.recipe is None):
            raise ValueError("`recipe` and `axes` belong together")
        return self


class BatchState(StrEnum):
    RUNNING = "running"
    """Some of its cells have not ended."""
    FINISHED = "finished"
    """All of them have; `counts` tells how."""
    CANCELLED = "cancelled"


class CellState(StrEnum):
    """As of a generation; `waiting` is before there is one."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Counts(Frozen):
    """Cells, by their state."""

    waiting: int = 0
    queued: int = 0
    running: int = 0
    paused: int = 0
    finished: int = 0
    failed: int = 0
    cancelled: int = 0


class Cell(Frozen):
    """One recipe of a batch."""

    index: int
    """From 0; in a grid the first axis goes fastest."""
    values: tuple[Value, ...]
    """One for each axis."""
    state: CellState
    generation: str | None
    """None until its turn is near, or when it was refused then."""
    pictures: tuple[str, ...] = ()
    """Their ids."""
    error: Failed | None


class BatchLinks(Frozen):
    self: str
    events: str
    grid: str


class Batch(Frozen):
    """Many generations that were asked for at once."""

    id: str
    state: BatchState
    created_at: datetime
    ended_at: datetime | None
    axes: tuple[Axis, ...]
    counts: Counts
    links: BatchLinks


class BatchInFull(Batch):
    cells: tuple[Cell, ...]
