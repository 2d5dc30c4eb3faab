"""What is kept of somebody, table by table: to be handed over, and to be taken away."""

import json
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, exists, or_, select, tuple_

from safelight.domain.privacy import Person
from safelight.store.backup import plain
from safelight.store.records import Records
from safelight.store.schema import (
    BATCH_CELLS,
    BATCH_INPUTS,
    BATCHES,
    DEEDS,
    DELIVERIES,
    GENERATIONS,
    IDENTITIES,
    INPUT_GIVERS,
    INPUT_USES,
    INPUTS,
    KEYS,
    MEMBERS,
    PICTURE_TAGS,
    PICTURES,
    PREFERENCES,
    SESSIONS,
    SHARES,
    SPENDINGS,
    USERS,
    VERDICTS,
)

PAGE = 200
OURS = ("idempotency_key", "fingerprint", "last_event")


@dataclass(frozen=True)
class Held:
    """Rows of a table that are somebody's.

    Attributes:
        hidden: columns that are handed to nobody: what lets somebody in, and what only the server can use.
    """

    table: Table
    theirs: ColumnElement[bool]
    hidden: tuple[str, ...] = ()


def drawn_by(person: Person) -> ColumnElement[bool]:
    """Of generations."""
    return GENERATIONS.c.caller.in_(person.callers)


def pictures_of(person: Person) -> ColumnElement[bool]:
    """Drawn or imported."""
    drawn = select(GENERATIONS.c.id).where(drawn_by(person))
    return or_(PICTURES.c.generation.in_(drawn), PICTURES.c.caller.in_(person.callers))


def images_of(person: Person) -> ColumnElement[bool]:
    """Given to draw with, by themselves or in a recipe."""
    given = select(INPUT_GIVERS.c.input).where(INPUT_GIVERS.c.caller.in_(person.callers))
    used = select(INPUT_USES.c.input).join(GENERATIONS, GENERATIONS.c.id == INPUT_USES.c.generation)
    asked = select(BATCH_INPUTS.c.input).join(BATCHES, BATCHES.c.id == BATCH_INPUTS.c.batch)
    return or_(
        INPUTS.c.id.in_(given),
        INPUTS.c.id.in_(used.where(drawn_by(person))),
        INPUTS.c.id.in_(asked.where(BATCHES.c.caller.in_(person.callers))),
    )


def holdings(person: Person) -> Mapping[str, Held]:
    """Everything that has them in it, by the name that it is handed over under."""
    callers, user = person.callers, person.user or ""
    generations = select(GENERATIONS.c.id).where(drawn_by(person))
    batches = select(BATCHES.c.id).where(BATCHES.c.caller.in_(callers))
    pictures = pictures_of(person)
    return {
        "account": Held(USERS, USERS.c.id == user, ("password",)),
        "memberships": Held(MEMBERS, MEMBERS.c.user == user),
        "identities": Held(IDENTITIES, IDENTITIES.c.user == user),
        "keys": Held(KEYS, KEYS.c.id.in_(callers), ("digest",)),
        "sessions": Held(SESSIONS, or_(SESSIONS.c.user == user, SESSIONS.c.key.in_(callers)), ("digest",)),
        "preferences": Held(PREFERENCES, PREFERENCES.c.caller.in_(callers)),
        "generations": Held(GENERATIONS, drawn_by(person), OURS),
        "batches": Held(BATCHES, BATCHES.c.caller.in_(callers), OURS),
        "batch_cells": Held(BATCH_CELLS, BATCH_CELLS.c.batch.in_(batches)),
        "webhook_calls": Held(
            DELIVERIES, or_(DELIVERIES.c.subject.in_(generations), DELIVERIES.c.subject.in_(batches))
        ),
        "pictures": Held(PICTURES, PICTURES.c.whole & pictures, ("words", "moment")),
        "tags": Held(PICTURE_TAGS, PICTURE_TAGS.c.moment.in_(select(PICTURES.c.moment).where(pictures))),
        "shares": Held(
            SHARES,
            or_(SHARES.c.caller.in_(callers), SHARES.c.picture.in_(select(PICTURES.c.id).where(pictures))),
            ("token",),
        ),
        "images": Held(INPUTS, INPUTS.c.whole & images_of(person)),
        "moderation": Held(VERDICTS, or_(VERDICTS.c.caller.in_(callers), VERDICTS.c.generation.in_(generations))),
        "spendings": Held(SPENDINGS, SPENDINGS.c.caller.in_(callers), ("handle",)),
        "audit": Held(DEEDS, or_(DEEDS.c.actor.in_(callers), DEEDS.c.target.in_(callers))),
    }


class Belongings:
    """Reads what is kept of people."""

    def __init__(self, records: Records) -> None:
        self._engine = records.engine

    async def pages(self, held: Held) -> AsyncGenerator[list[dict[str, Any]], None]:
        """The rows, some at a time, whatever changes meanwhile; with every column."""
        key = list(held.table.primary_key.columns)
        after: tuple[Any, ...] | None = None
        while True:
            query = select(held.table).where(held.theirs).order_by(*key).limit(PAGE)
            if after is not None:
                query = query.where(tuple_(*key) > tuple_(*after, types=[column.type for column in key]))
            async with self._engine.connect() as connection:
                rows = [dict(row) for row in (await connection.execute(query)).mappings()]
            if rows:
                yield rows
            if len(rows) < PAGE:
                return
            after = tuple(rows[-1][column.name] for column in key)

    async def lines(self, held: Held) -> AsyncGenerator[bytes, None]:
        """The rows as lines of JSON, without what is secret."""
        shown = [column.name for column in held.table.columns if column.name not in held.hidden]
        async for rows in self.pages(held):
            documents = ({name: plain(row[name]) for name in shown} for row in rows)
            yield "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in documents).encode()

    async def unfinished(self, person: Person) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Their generations and batches that have not ended, with the workspaces that they are in."""
        found = []
        async with self._engine.connect() as connection:
            for table in (GENERATIONS, BATCHES):
                open_ones = (table.c.caller.in_(person.callers)) & table.c.ended_at.is_(None)
                rows = await connection.execute(select(table.c.id, table.c.workspace).where(open_ones))
                found.append([(row.id, row.workspace) for row in rows])
        return found[0], found[1]

    async def drawn_among(self, person: Person, generations: Collection[str]) -> list[str]:
        """Those of the generations that are theirs."""
        query = select(GENERATIONS.c.id).where(drawn_by(person), GENERATIONS.c.id.in_(generations))
        async with self._engine.connect() as connection:
            return list((await connection.execute(query)).scalars())

    async def has_any(self, person: Person) -> bool:
        """Whether there is still something that they did."""
        tables = (GENERATIONS, BATCHES, VERDICTS, SHARES, PICTURES, INPUT_GIVERS, SPENDINGS)
        theirs = (exists().where(table.c.caller.in_(person.callers)) for table in tables)
        async with self._engine.connect() as connection:
            return bool((await connection.execute(select(or_(*theirs)))).scalar())
