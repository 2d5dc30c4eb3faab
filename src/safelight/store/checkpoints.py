"""Checkpoints on disk: what a generation goes on from after a crash, and what one branches off from later."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, select, tuple_
from sqlalchemy.exc import SQLAlchemyError

from safelight.domain.errors import Unreachable
from safelight.domain.order import Saved
from safelight.store.records import OPEN_STATES, Records
from safelight.store.schema import CHECKPOINTS, GENERATIONS

log = logging.getLogger(__name__)

EACH = 8
"""Checkpoints that stay of one picture: the newest."""


class Checkpoints:
    """Rows beside the generations, so that one commit keeps a checkpoint whole or not at all.

    Args:
        keep_for: how long those of a generation that has ended are kept, to branch off from.
        budget: bytes that those of ended generations may take; the longest ended lose theirs first.
    """

    def __init__(
        self, records: Records, *, keep_for: timedelta = timedelta(days=1), budget: int = 512 * 1024 * 1024
    ) -> None:
        self._engine = records.engine
        self._keep_for = keep_for
        self._budget = budget

    async def keep(self, generation: str, moments: Mapping[int, Saved]) -> None:
        """Write down where the pictures of a generation are, by their index.

        One that cannot be written costs time after a crash and nothing else, so it fails nothing.
        """
        rows = [
            {"generation": generation, "picture": picture, "step": step, "bytes": len(data), "data": data}
            for picture, (step, data) in moments.items()
        ]
        try:
            for row in rows:
                await self._write(row)
        except (SQLAlchemyError, Unreachable):
            log.warning("a checkpoint of generation %s could not be kept", generation, exc_info=True)

    async def latest(self, generation: str) -> dict[int, Saved]:
        """By picture, the last moment that was written down."""
        newest = (
            select(CHECKPOINTS.c.picture, func.max(CHECKPOINTS.c.step))
            .where(CHECKPOINTS.c.generation == generation)
            .group_by(CHECKPOINTS.c.picture)
        )
        query = select(CHECKPOINTS.c.picture, CHECKPOINTS.c.step, CHECKPOINTS.c.data).where(
            CHECKPOINTS.c.generation == generation, tuple_(CHECKPOINTS.c.picture, CHECKPOINTS.c.step).in_(newest)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return {picture: Saved(step, data) for picture, step, data in rows}

    async def steps(self, generation: str, picture: int) -> tuple[int, ...]:
        """The moments of a picture that are kept, the latest first."""
        query = select(CHECKPOINTS.c.step).where(*_of(generation, picture)).order_by(CHECKPOINTS.c.step.desc())
        async with self._engine.connect() as connection:
            return tuple((await connection.execute(query)).scalars())

    async def at(self, generation: str, picture: int, step: int) -> Saved | None:
        """One moment; None where it was swept away meanwhile."""
        query = select(CHECKPOINTS.c.data).where(*_of(generation, picture), CHECKPOINTS.c.step == step)
        async with self._engine.connect() as connection:
            data = (await connection.execute(query)).scalar()
        return None if data is None else Saved(step, data)

    async def sweep(self) -> None:
        """Take away what is too old or too much, of generations that have ended."""
        try:
            if stale := await self._stale():
                async with self._engine.begin() as connection:
                    await connection.execute(delete(CHECKPOINTS).where(CHECKPOINTS.c.generation.in_(stale)))
        except (SQLAlchemyError, Unreachable):
            log.warning("old checkpoints could not be taken away", exc_info=True)

    async def _stale(self) -> list[str]:
        query = (
            select(GENERATIONS.c.id, GENERATIONS.c.ended_at, func.sum(CHECKPOINTS.c.bytes))
            .join(CHECKPOINTS, CHECKPOINTS.c.generation == GENERATIONS.c.id)
            .where(GENERATIONS.c.state.not_in(OPEN_STATES))
            .group_by(GENERATIONS.c.id, GENERATIONS.c.ended_at)
            .order_by(GENERATIONS.c.ended_at.desc())
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        weight, oldest, stale = 0, datetime.now(UTC) - self._keep_for, []
        for generation, ended_at, size in rows:
            weight += size
            if weight > self._budget or ended_at is None or ended_at < oldest:
                stale.append(generation)
        return stale

    async def _write(self, row: dict[str, object]) -> None:
        own = _of(str(row["generation"]), row["picture"])
        newest = select(CHECKPOINTS.c.step).where(*own).order_by(CHECKPOINTS.c.step.desc()).limit(EACH - 1)
        async with self._engine.begin() as connection:
            await connection.execute(delete(CHECKPOINTS).where(*own, CHECKPOINTS.c.step >= row["step"]))
            await connection.execute(delete(CHECKPOINTS).where(*own, CHECKPOINTS.c.step.not_in(newest)))
            await connection.execute(insert(CHECKPOINTS).values(row))


def _of(generation: str, picture: object) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return CHECKPOINTS.c.generation == generation, CHECKPOINTS.c.picture == picture
