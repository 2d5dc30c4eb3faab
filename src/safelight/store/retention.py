"""Forgetting: rows that nobody has to have for ever."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Table, delete, exists, select

from safelight.domain.workspace import Retention, WorkspaceSettings
from safelight.store.records import Records
from safelight.store.schema import BATCHES, GENERATIONS, PICTURES, VERDICTS

AT_ONCE = 500
"""Rows of one transaction, so that nobody waits for long to write."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """For which workspaces something holds: one of them, or all others."""

    only: str | None = None
    but: tuple[str, ...] = ()

    def of(self, table: Table) -> ColumnElement[bool]:
        """The rows of a table that are within it."""
        return table.c.workspace.not_in(self.but) if self.only is None else table.c.workspace == self.only


EVERYWHERE = Reach()


def reaches(
    settings: Mapping[str, WorkspaceSettings], days: Callable[[Retention], float | None], usual: float | None
) -> Iterator[tuple[Reach, float]]:
    """How many days hold where: as workspaces wish, and as usual in all others. None is for ever."""
    own = {name: wish for name, one in settings.items() if (wish := days(one.retention)) is not None}
    if usual is not None:
        yield Reach(but=tuple(own)), usual
    for workspace, wish in own.items():
        yield Reach(only=workspace), wish


async def forget(records: Records, *, before: datetime, reach: Reach = EVERYWHERE) -> int:
    """Forget what had ended before a moment: batches, and generations that no picture is kept of; how many of these.

    Those of a batch stay as long as it does.
    """
    engine = records.engine
    async with engine.begin() as connection:
        await connection.execute(delete(BATCHES).where(BATCHES.c.ended_at < before, reach.of(BATCHES)))
    old = (
        select(GENERATIONS.c.id)
        .where(
            GENERATIONS.c.ended_at < before,
            reach.of(GENERATIONS),
            ~exists().where(PICTURES.c.generation == GENERATIONS.c.id),
            ~exists().where(BATCHES.c.id == GENERATIONS.c.batch),
        )
        .limit(AT_ONCE)
    )
    return await _delete(records, GENERATIONS, old)


async def forget_verdicts(records: Records, *, before: datetime, reach: Reach) -> int:
    """Forget what moderation said before a moment; how often it had spoken."""
    old = select(VERDICTS.c.id).where(VERDICTS.c.created_at < before, reach.of(VERDICTS)).limit(AT_ONCE)
    return await _delete(records, VERDICTS, old)


async def _delete(records: Records, table: Table, some: Select[tuple[str]]) -> int:
    deleted = 0
    while True:
        async with records.engine.begin() as connection:
            gone = (await connection.execute(delete(table).where(table.c.id.in_(some)))).rowcount
        deleted += gone
        if gone < AT_ONCE:
            return deleted
