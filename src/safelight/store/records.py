"""Generations as rows: what was asked, how far it is, how it ended."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from safelight.domain.errors import NotFound
from safelight.domain.events import Failed
from safelight.domain.generation import State
from safelight.domain.recipe import Recipe
from safelight.store.cursor import Page, newest_first
from safelight.store.database import open_engine
from safelight.store.schema import GENERATIONS

__all__ = ["GenerationRecord", "Page", "Records"]


@dataclass(frozen=True, kw_only=True)
class GenerationRecord:
    """One generation as it is kept. Moments carry a time zone; `last_event` is the highest event id given out."""

    id: str
    state: State
    recipe: Recipe
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    step: int = 0
    total: int = 0
    error: Failed | None = None
    idempotency_key: str | None = None
    last_event: int = 0


FIELDS = frozenset(field.name for field in fields(GenerationRecord))


class Records:
    """The generations of this server, in SQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    @classmethod
    async def open(cls, url: str) -> Records:
        """The records at a SQLAlchemy URL, on the newest schema.

        Raises:
            Misconfigured: no database there, or one written by a newer Safelight.
        """
        return cls(await open_engine(url))

    async def close(self) -> None:
        await self.engine.dispose()

    async def add(self, record: GenerationRecord) -> GenerationRecord:
        """Keep a new generation. When its idempotency key is known already, the earlier record is returned instead."""
        try:
            async with self.engine.begin() as connection:
                await connection.execute(insert(GENERATIONS).values(**_write(vars(record))))
        except IntegrityError:
            # Whoever came second reads what the first one wrote, so that both see the same generation.
            earlier = None if record.idempotency_key is None else await self.by_key(record.idempotency_key)
            if earlier is None:
                raise
            return earlier
        return record

    async def get(self, generation: str) -> GenerationRecord | None:
        return await self._one(GENERATIONS.c.id == generation)

    async def by_key(self, key: str) -> GenerationRecord | None:
        """The generation that was submitted with an idempotency key."""
        return await self._one(GENERATIONS.c.idempotency_key == key)

    async def page(
        self, *, state: State | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[GenerationRecord]:
        """Newest first, in pages of 1 to 200.

        Raises:
            InvalidRecipe: the limit or the cursor is not valid.
        """
        query = select(GENERATIONS)
        if state is not None:
            query = query.where(GENERATIONS.c.state == state.value)
        return await newest_first(self.engine, query, table=GENERATIONS, limit=limit, cursor=cursor, read=_read)

    async def change(self, generation: str, **changes: object) -> None:
        """Set fields of one record, by the names of `GenerationRecord`.

        Raises:
            NotFound: there is no such generation.
            TypeError: a name is not a field that can change.
        """
        unknown = changes.keys() - (FIELDS - {"id"})
        if unknown:
            raise TypeError(f"A generation has no changeable {', '.join(sorted(unknown))}.")
        if not changes:
            return
        query = update(GENERATIONS).where(GENERATIONS.c.id == generation).values(**_write(changes))
        async with self.engine.begin() as connection:
            changed = (await connection.execute(query)).rowcount
        if not changed:
            raise NotFound(f"There is no generation '{generation}'.", hint="It may belong to another server.")

    async def unfinished(self) -> tuple[GenerationRecord, ...]:
        """Every generation that was accepted and has not ended, oldest first."""
        open_states = [state.value for state in State if not state.final]
        query = (
            select(GENERATIONS)
            .where(GENERATIONS.c.state.in_(open_states))
            .order_by(GENERATIONS.c.created_at, GENERATIONS.c.id)
        )
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(_read(row) for row in rows)

    async def _one(self, condition: Any) -> GenerationRecord | None:
        async with self.engine.connect() as connection:
            row = (await connection.execute(select(GENERATIONS).where(condition))).mappings().first()
        return None if row is None else _read(row)


def _write(values: Any) -> dict[str, object]:
    """Column values of record fields."""
    return {name: _column(value) for name, value in values.items()}


def _column(value: object) -> object:
    match value:
        case State():
            return value.value
        case Recipe() | Failed():
            return value.model_dump(mode="json")
        case _:
            return value


def _read(row: RowMapping) -> GenerationRecord:
    error = row["error"]
    return GenerationRecord(
        **{
            **row,
            "state": State(row["state"]),
            "recipe": Recipe.model_validate(row["recipe"]),
            "error": None if error is None else Failed.model_validate(error),
        }
    )
