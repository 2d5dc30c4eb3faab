"""Leases: which of the servers on one database draws which generation, so that each is drawn by one at a time.

A server has what it accepted or took up for a while, and says again and again that it still does. What nobody has, or
whoever had it no longer says so, another takes up, under a number that is higher by one (`attempt`): whatever the
earlier one still writes is of the number before, and refused. All moments are by the database's clock.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, select, true, tuple_, update

from safelight.store.records import NOW_S, OPEN_STATES, GenerationRecord, Records, read
from safelight.store.schema import GENERATIONS


class Held(NamedTuple):
    """What the database says of a generation that a server has."""

    attempt: int
    cancel_asked: bool


@dataclass(frozen=True, kw_only=True)
class Leases:
    """The leases of one server.

    Attributes:
        owner: what it is called; the same after a restart.
        lasting_s: how long one holds.
        alone: no other server works on this database.
    """

    records: Records
    owner: str
    lasting_s: float = 15.0
    alone: bool = True

    async def take(
        self, *, limit: int | None, event_ids: int, held: Collection[str] = (), starting: bool = False
    ) -> tuple[GenerationRecord, ...]:
        """Take up what was accepted, has not ended and is nobody's. One statement: no two servers get the same.

        Args:
            limit: how many at most.
            event_ids: so many more are promised to each.
            held: what this server has already.
            starting: what it had itself before it started is nobody's, whatever its lease says.
        """
        free: ColumnElement[bool] = GENERATIONS.c.lease_until.is_(None) | (GENERATIONS.c.lease_until < NOW_S)
        if starting:
            free = true() if self.alone else free | (GENERATIONS.c.owner == self.owner)
        open_ = GENERATIONS.c.state.in_(OPEN_STATES)
        found = (
            select(GENERATIONS.c.id)
            .where(open_, free, GENERATIONS.c.id.not_in(held))
            .order_by(GENERATIONS.c.place, GENERATIONS.c.created_at, GENERATIONS.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)  # Nothing on SQLite, where one writes at a time.
            .cte("found")
        )
        query = (
            update(GENERATIONS)
            .where(GENERATIONS.c.id.in_(select(found.c.id)))
            .values(
                owner=self.owner,
                lease_until=NOW_S + self.lasting_s,
                attempt=GENERATIONS.c.attempt + 1,
                last_event=GENERATIONS.c.last_event + event_ids,
            )
            .returning(GENERATIONS)
        )
        async with self.records.engine.begin() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(sorted(map(read, rows), key=lambda record: (record.place, record.created_at, record.id)))

    async def renew(self, held: Collection[str]) -> Mapping[str, Held]:
        """Say that this server still has them. Those that are missing in the answer have ended or are another's."""
        if not held:
            return {}
        own = (GENERATIONS.c.owner == self.owner, GENERATIONS.c.id.in_(held), GENERATIONS.c.state.in_(OPEN_STATES))
        query = update(GENERATIONS).where(*own).values(lease_until=NOW_S + self.lasting_s)
        columns = (GENERATIONS.c.id, GENERATIONS.c.attempt, GENERATIONS.c.cancel_asked)
        async with self.records.engine.begin() as connection:
            rows = (await connection.execute(query.returning(*columns))).all()
        return {generation: Held(attempt, asked) for generation, attempt, asked in rows}

    async def release(self, held: Mapping[str, int]) -> None:
        """Let another have them at once; by id, the attempt that this server made."""
        if not held:
            return
        own = tuple_(GENERATIONS.c.id, GENERATIONS.c.attempt).in_(list(held.items()))
        query = update(GENERATIONS).where(own, GENERATIONS.c.state.in_(OPEN_STATES))
        async with self.records.engine.begin() as connection:
            await connection.execute(query.values(owner=None, lease_until=None))

    async def ask_to_cancel(self, generation: str) -> None:
        """Whoever draws it will, and whoever takes it up first."""
        query = update(GENERATIONS).where(GENERATIONS.c.id == generation, GENERATIONS.c.state.in_(OPEN_STATES))
        async with self.records.engine.begin() as connection:
            await connection.execute(query.values(cancel_asked=True))
