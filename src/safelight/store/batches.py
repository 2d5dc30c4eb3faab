"""Batches as rows: what was asked for together, cell by cell, and which generations came of it."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from safelight.domain.access import Access, Kind, Role
from safelight.domain.batch import Axis, BatchWish, Cell, CellState, Counts, Value
from safelight.domain.errors import NotFound
from safelight.domain.events import Failed
from safelight.domain.images import image_fields
from safelight.domain.recipe import Recipe
from safelight.domain.webhook import Webhook
from safelight.store.cursor import Page, newest_first
from safelight.store.records import OPEN_STATES, Records, digest, plain, read_webhooks
from safelight.store.schema import BATCH_CELLS, BATCH_INPUTS, BATCHES, GENERATIONS

AT_ONCE = 25
"""Rows of one statement: each holds a whole recipe."""


@dataclass(frozen=True, kw_only=True)
class BatchRecord:
    """One batch as it is kept.

    Attributes:
        fingerprint: of the wish, to know the same one again.
        idempotency_key: as `digest` writes it, so that every workspace has keys of its own.
        workspace: whose it is; nobody else is told that it exists.
        caller: on whose behalf its cells are put in line.
        limited: whether that caller's limits count.
        webhooks: who has to be told how it ends; None where nobody has, or it was put down already.
    """

    id: str = field(default_factory=lambda: f"bat_{secrets.token_hex(12)}")
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: datetime | None = None
    cancelled: bool = False
    axes: tuple[Axis, ...] = ()
    idempotency_key: str | None = None
    fingerprint: str
    workspace: str
    caller: str
    limited: bool
    webhooks: tuple[Webhook, ...] | None = None

    @classmethod
    def accepted(cls, wish: BatchWish, *, access: Access, idempotency_key: str | None, **more: Any) -> BatchRecord:
        """A new one."""
        return cls(
            axes=wish.axes,
            idempotency_key=None if idempotency_key is None else digest(idempotency_key, access.workspace),
            fingerprint=fingerprint(wish),
            workspace=access.workspace,
            caller=access.caller,
            limited=access.limited,
            **more,
        )

    @property
    def access(self) -> Access:
        """On whose behalf its cells are put in line, as far as that still matters: they were let in."""
        return Access(
            workspace=self.workspace,
            role=Role.CREATOR,
            kind=Kind.KEY,
            caller=self.caller,
            name=self.caller,
            limited=self.limited,
        )


@dataclass(frozen=True, kw_only=True)
class OpenCell:
    """A cell that has not ended, and its generation where it has one."""

    index: int
    recipe: Recipe
    generation: str | None


def fingerprint(wish: BatchWish) -> str:
    return hashlib.sha256(wish.model_dump_json().encode()).hexdigest()


_KEY = BATCHES.c.idempotency_key


class Batches:
    """The batches of this server, in SQL."""

    def __init__(self, records: Records) -> None:
        self._engine = records.engine

    async def add(self, batch: BatchRecord, cells: Sequence[tuple[tuple[Value, ...], Recipe]]) -> BatchRecord:
        """Keep a new one with all of its cells. When its key is known already, the earlier one is returned instead."""
        row = vars(batch) | {"axes": plain(batch.axes), "webhooks": batch.webhooks and plain(batch.webhooks)}
        rows = [
            {"batch": batch.id, "cell": index, "recipe": recipe.model_dump(mode="json"), "axis_values": list(values)}
            for index, (values, recipe) in enumerate(cells)
        ]
        images = {image for _, recipe in cells for image in image_fields(recipe).values() if image.startswith("img_")}
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(BATCHES).values(row))
                for first in range(0, len(rows), AT_ONCE):
                    await connection.execute(insert(BATCH_CELLS), rows[first : first + AT_ONCE])
                if images:
                    uses = [{"input": image, "batch": batch.id} for image in sorted(images)]
                    await connection.execute(insert(BATCH_INPUTS), uses)
        except IntegrityError:
            earlier = None if (key := batch.idempotency_key) is None else await self._one(key == _KEY)
            if earlier is None:
                raise
            return earlier
        return batch

    async def get(self, batch: str, *, workspace: str) -> BatchRecord:
        """Raises NotFound, also where it is of another workspace."""
        if (found := await self._one((BATCHES.c.id == batch) & (BATCHES.c.workspace == workspace))) is None:
            raise NotFound(f"There is no batch '{batch[:80]}'.", hint="GET /api/v1/batches lists them all.")
        return found

    async def by_key(self, key: str, *, workspace: str) -> BatchRecord | None:
        """The batch that was submitted with an idempotency key."""
        return await self._one(digest(key, workspace) == _KEY)

    async def page(self, *, workspace: str, limit: int = 50, cursor: str | None = None) -> Page[BatchRecord]:
        """Those of a workspace, newest first, in pages of 1 to 200.

        Raises:
            InvalidRecipe: the limit or the cursor is not valid.
        """
        query = select(BATCHES).where(BATCHES.c.workspace == workspace)
        return await newest_first(self._engine, query, table=BATCHES, limit=limit, cursor=cursor, read=_read)

    async def unfinished(self) -> tuple[BatchRecord, ...]:
        """Every batch that has not ended, oldest first."""
        query = select(BATCHES).where(BATCHES.c.ended_at.is_(None)).order_by(BATCHES.c.created_at, BATCHES.c.id)
        return tuple(_read(row) for row in await self._all(query))

    async def running(self, caller: str) -> int:
        """How many batches of a caller have not ended."""
        query = select(func.count()).where(BATCHES.c.caller == caller, BATCHES.c.ended_at.is_(None))
        async with self._engine.connect() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def cells(self, batch: BatchRecord) -> tuple[Cell, ...]:
        """Every cell, without its pictures."""
        columns = (BATCH_CELLS.c.axis_values, BATCH_CELLS.c.error, GENERATIONS.c.error.label("failure"))
        rows = await self._all(_cells(*columns).where(BATCH_CELLS.c.batch == batch.id).order_by(BATCH_CELLS.c.cell))
        return tuple(
            Cell(
                index=row["cell"],
                values=tuple(row["axis_values"]),
                state=_state(row, cancelled=batch.cancelled),
                generation=row["generation"],
                error=row["error"] or row["failure"],
            )
            for row in rows
        )

    async def counts(self, batches: Sequence[BatchRecord]) -> Mapping[str, Counts]:
        """How many cells of each are in which state."""
        cancelled = {batch.id: batch.cancelled for batch in batches}
        refused = BATCH_CELLS.c.error.is_not(None)
        query = (
            select(BATCH_CELLS.c.batch, GENERATIONS.c.state, refused.label("refused"), func.count().label("cells"))
            .select_from(_joined())
            .where(BATCH_CELLS.c.batch.in_(cancelled))
            .group_by(BATCH_CELLS.c.batch, GENERATIONS.c.state, refused)
        )
        found = {batch: Counter[str]() for batch in cancelled}
        for row in await self._all(query):
            found[row["batch"]][_state(row, cancelled=cancelled[row["batch"]]).value] += row["cells"]
        return {batch: Counts(**counts) for batch, counts in found.items()}

    async def open_cells(self, batch: str) -> tuple[OpenCell, ...]:
        """What is left to draw of it, in order."""
        left = and_(
            BATCH_CELLS.c.batch == batch,
            BATCH_CELLS.c.error.is_(None),
            GENERATIONS.c.state.is_(None) | GENERATIONS.c.state.in_(OPEN_STATES),
        )
        rows = await self._all(_cells(BATCH_CELLS.c.recipe).where(left).order_by(BATCH_CELLS.c.cell))
        return tuple(
            OpenCell(index=row["cell"], recipe=Recipe.model_validate(row["recipe"]), generation=row["generation"])
            for row in rows
        )

    async def refuse(self, batch: str, cell: int, error: Failed) -> None:
        """Note why a cell never became a generation."""
        place = (BATCH_CELLS.c.batch == batch) & (BATCH_CELLS.c.cell == cell)
        await self._change(update(BATCH_CELLS).where(place).values(error=error.model_dump(mode="json")))

    async def cancel(self, batch: str) -> None:
        """From now on, nothing more of it is drawn. What has ended stays as it is."""
        running = (BATCHES.c.id == batch) & BATCHES.c.ended_at.is_(None)
        await self._change(update(BATCHES).where(running).values(cancelled=True))

    async def end(self, batch: str) -> None:
        """Every cell has ended. The first one to say so is right."""
        running = (BATCHES.c.id == batch) & BATCHES.c.ended_at.is_(None)
        await self._change(update(BATCHES).where(running).values(ended_at=datetime.now(UTC)))

    async def _change(self, query: Any) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(query)

    async def _one(self, condition: Any) -> BatchRecord | None:
        rows = await self._all(select(BATCHES).where(condition))
        return _read(rows[0]) if rows else None

    async def _all(self, query: Any) -> Sequence[RowMapping]:
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).mappings().all()


def _joined() -> Any:
    """Cells beside their generations, where they have one."""
    same = (GENERATIONS.c.batch == BATCH_CELLS.c.batch) & (GENERATIONS.c.cell == BATCH_CELLS.c.cell)
    return BATCH_CELLS.outerjoin(GENERATIONS, same)


def _cells(*columns: ColumnElement[Any]) -> Select[Any]:
    known = (BATCH_CELLS.c.cell, GENERATIONS.c.id.label("generation"), GENERATIONS.c.state)
    refused = BATCH_CELLS.c.error.is_not(None).label("refused")
    return select(*known, refused, *columns).select_from(_joined())


def _state(row: RowMapping, *, cancelled: bool) -> CellState:
    if row["state"] is not None:
        return CellState(row["state"])
    if row["refused"]:
        return CellState.FAILED
    return CellState.CANCELLED if cancelled else CellState.WAITING


def _read(row: RowMapping) -> BatchRecord:
    webhooks = row["webhooks"]
    axes = tuple(Axis.model_validate(axis) for axis in row["axes"])
    return BatchRecord(**{**row, "axes": axes, "webhooks": None if webhooks is None else read_webhooks(webhooks)})
