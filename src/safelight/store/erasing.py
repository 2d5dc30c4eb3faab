"""Erasing somebody: first the account, so that nothing new comes; then, however long it takes, everything else."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from safelight.domain.access import HOME, Role, Scope
from safelight.domain.errors import Conflict
from safelight.domain.privacy import Erased, Person
from safelight.store.belongings import drawn_by, holdings, images_of, pictures_of
from safelight.store.dialects import begin_writing, compact_words, insert_new
from safelight.store.inputs import Inputs
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.schema import (
    BATCHES,
    DEEDS,
    ERASURES,
    GENERATIONS,
    INPUT_GIVERS,
    INPUTS,
    KEYS,
    MEMBERS,
    SESSIONS,
    SPENDINGS,
    USERS,
    WORKSPACES,
)

AT_ONCE = 500
"""Rows of one transaction, so that nobody waits for long to write."""


class Erasing:
    """Takes away what `belongings` finds."""

    def __init__(self, records: Records, pictures: Pictures, inputs: Inputs) -> None:
        self._engine = records.engine
        self._pictures = pictures
        self._inputs = inputs

    async def begin(self, person: Person, *, tombstone: str, even_last: bool) -> int:
        """End the account with its keys and sessions, and note what is left to do; how many keys that were.

        Args:
            even_last: where nobody would be left to look after the server, too.

        Raises:
            Conflict: nobody would be left.
        """
        async with self._engine.begin() as connection:
            await begin_writing(connection)
            # One after the other: two admins who erase themselves at once would each think the other stays.
            await connection.execute(select(WORKSPACES.c.id).where(WORKSPACES.c.id == HOME).with_for_update())
            if not even_last:
                await _check_last(connection, person)
            rows = [{"caller": caller, "tombstone": tombstone} for caller in person.callers]
            await connection.execute(insert_new(connection.dialect, ERASURES), rows)
            keys = (await connection.execute(delete(KEYS).where(KEYS.c.id.in_(person.callers)))).rowcount
            await connection.execute(delete(SESSIONS).where(SESSIONS.c.key.in_(person.callers)))
            # With memberships, identities and sessions.
            await connection.execute(delete(USERS).where(USERS.c.id == (person.user or "")))
            return keys

    async def begun(self) -> dict[str, Person]:
        """Who was being erased when the server stopped, by their tombstones."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(select(ERASURES).order_by(ERASURES.c.caller))).all()
        callers: dict[str, list[str]] = {}
        for row in rows:
            callers.setdefault(row.tombstone, []).append(row.caller)
        return {tombstone: Person(callers=tuple(names)) for tombstone, names in callers.items()}

    async def take_away(self, person: Person, erased: Erased) -> Erased:
        """Take away what is left of them, and add it to what was erased. Nothing of theirs runs any more."""
        held = holdings(person)
        pictures = await self._pictures.remove(pictures_of(person))
        async with self._engine.connect() as connection:
            images = (await connection.execute(select(INPUTS.c.id).where(images_of(person)))).scalars().all()
        # What knows them by their generations goes before these.
        for name in ("webhook_calls", "moderation", "shares"):
            await self._delete(held[name].table, held[name].theirs)
        generations = await self._delete(GENERATIONS, drawn_by(person))
        batches = await self._delete(BATCHES, held["batches"].theirs)
        await self._delete(INPUT_GIVERS, INPUT_GIVERS.c.caller.in_(person.callers))
        dropped = await self._drop(images)
        await self._delete(held["preferences"].table, held["preferences"].theirs)
        await self._disown(held["spendings"].theirs)
        return erased.model_copy(
            update={
                "generations": erased.generations + generations,
                "batches": erased.batches + batches,
                "pictures": erased.pictures + pictures,
                "images": erased.images + dropped,
            }
        )

    async def bury(self, person: Person, erased: Erased) -> None:
        """Put the tombstone in place of the name, wherever the audit log has it, and note that this was done."""
        async with self._engine.begin() as connection:
            actor, target = DEEDS.c.actor.in_(person.callers), DEEDS.c.target.in_(person.callers)
            await connection.execute(update(DEEDS).where(target).values(target=erased.tombstone, detail=""))
            await connection.execute(update(DEEDS).where(actor).values(actor=erased.tombstone, address=""))
            await connection.execute(insert(DEEDS).values(_deed(erased)))
            await compact_words(connection)
            await connection.execute(delete(ERASURES).where(ERASURES.c.tombstone == erased.tombstone))

    async def _disown(self, spendings: ColumnElement[bool]) -> None:
        """What was paid stays in the workspace's books; for whom, nobody knows any more."""
        async with self._engine.begin() as connection:
            await connection.execute(update(SPENDINGS).where(spendings).values(caller=None))

    async def _drop(self, images: Collection[str]) -> int:
        ids = list(images)
        return sum([await self._inputs.drop(ids[first : first + AT_ONCE]) for first in range(0, len(ids), AT_ONCE)])

    async def _delete(self, table: Table, condition: ColumnElement[bool]) -> int:
        key = next(iter(table.primary_key.columns))
        some, deleted = select(key).where(condition).limit(AT_ONCE), 0
        while True:
            async with self._engine.begin() as connection:
                gone = (await connection.execute(delete(table).where(key.in_(some), condition))).rowcount
            deleted += gone
            if not gone:
                return deleted


async def _check_last(connection: AsyncConnection, person: Person) -> None:
    keeps = await _keeps_house(connection, person, theirs=True)
    if keeps and not await _keeps_house(connection, person, theirs=False):
        raise Conflict(
            "You are the last admin of this server, and nobody could look after it without you.",
            hint="Make somebody else an admin of the default workspace first; or, at the machine itself, "
            "`safelight users erase`.",
        )


async def _keeps_house(connection: AsyncConnection, person: Person, *, theirs: bool) -> bool:
    """Whether they are among those who look after the server; or whether somebody else is."""
    keys, users = KEYS.c.id.in_(person.callers), MEMBERS.c.user == (person.user or "")
    admin = (KEYS.c.workspace == HOME) & (KEYS.c.role == Role.ADMIN.value) & KEYS.c.revoked_at.is_(None)
    lasting = or_(KEYS.c.expires_at.is_(None), KEYS.c.expires_at > datetime.now(UTC))
    managing = select(KEYS.c.id, KEYS.c.scopes).where(admin, lasting, keys if theirs else ~keys)
    if any(Scope.MANAGE.value in row.scopes for row in await connection.execute(managing)):
        return True
    member = (MEMBERS.c.workspace == HOME) & (MEMBERS.c.role == Role.ADMIN.value) & (users if theirs else ~users)
    return bool((await connection.execute(select(exists().where(member)))).scalar())


def _deed(erased: Erased) -> dict[str, Any]:
    counts = (f"{getattr(erased, name)} {name}" for name in ("generations", "batches", "pictures", "images", "keys"))
    return {
        "id": f"act_{erased.tombstone.partition('_')[2]}",
        "created_at": datetime.now(UTC),
        "actor": erased.tombstone,
        "action": "person.erased",
        "target": erased.tombstone,
        "workspace": HOME,
        "address": "",
        "detail": ", ".join(counts),
    }
