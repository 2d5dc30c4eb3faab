"""Brings back what a backup holds, into a store that is empty: any database, disk or bucket.

The files come first and the rows last, all at once. So a restoration that is cut short shows nothing, and can be done
again over what it left.
"""

import asyncio
import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, DateTime, LargeBinary, MetaData, Table, delete, func, insert, inspect, select
from sqlalchemy.types import TypeEngine

from safelight.domain.access import HOME
from safelight.domain.errors import Refused
from safelight.store.archive import FILES_AT_ONCE, Reader, reading
from safelight.store.blobs import Blobs
from safelight.store.database import migrate, revision, revisions
from safelight.store.dialects import WordList
from safelight.store.opening import Store
from safelight.store.schema import METADATA, WORKSPACES

ROWS_AT_ONCE = 100
FILES = {"pictures": "blob", "inputs": "id"}
"""By table, the column that says which file belongs to a row."""


async def restore(store: Store, path: Path) -> dict[str, int]:
    """Bring everything back; how many rows of each kind there are.

    Raises:
        Refused: the store is not empty, the backup is damaged or not whole, or a newer Safelight wrote it.
        Misconfigured: it cannot be opened.
    """
    with reading(path) as archive:
        if archive.schema not in revisions():
            raise Refused("The backup was written by a newer Safelight.", hint="Update Safelight.")
        engine = store.records.engine
        async with engine.connect() as connection:
            await connection.run_sync(_refuse_what_is_there)
        for folder, blobs in (("pictures", store.files), ("inputs", store.given)):
            keys = iter(archive.names(folder))
            while some := list(islice(keys, FILES_AT_ONCE)):
                await asyncio.gather(*(_put(blobs, key, archive, f"{folder}/{key}") for key in some))
        async with engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                await connection.exec_driver_sql("BEGIN IMMEDIATE")  # Tables, too, are made all at once or not at all.
            await connection.run_sync(_fill, archive)
        rows: dict[str, int] = archive.about["rows"]
        return rows


async def _put(blobs: Blobs, key: str, archive: Reader, name: str) -> None:
    data = archive.open(name).read()
    try:
        await blobs.put(key, data, archive.media_type(name))
    except FileExistsError:  # From a restoration that was cut short.
        if await blobs.get(key) != data:
            raise Refused(
                f"There is another file at {key} already.", hint="Restore into an empty home, and an empty bucket."
            ) from None


def _refuse_what_is_there(connection: Connection) -> None:
    for name in METADATA.tables.keys() & inspect(connection).get_table_names():
        query = select(1).select_from(METADATA.tables[name]).limit(1)
        if name == WORKSPACES.name:  # A migration makes the one that every server has.
            query = query.where(WORKSPACES.c.id != HOME)
        if connection.execute(query).first():
            raise Refused(
                f"There is something in the database already, in '{name}'.",
                hint="Restore into an empty home, and an empty database.",
            )


def _tables(connection: Connection) -> list[Table]:
    """The tables as they are in the database, every one behind those that it refers to."""
    metadata = MetaData()
    metadata.reflect(connection)
    for table in metadata.sorted_tables:
        if "words" in table.columns:  # In neither database one can see from the column what is in it.
            table.columns["words"].type = WordList()
    return metadata.sorted_tables


def _fill(connection: Connection, archive: Reader) -> None:
    """Make the tables that the rows were taken from, put them in, and bring all of it to the newest schema."""
    if revision(connection) is not None:
        migrate(connection, to="base")
    migrate(connection, to=archive.schema)
    wanted = {name.removesuffix(".jsonl") for name in archive.names("rows")}
    tables = [table for table in _tables(connection) if table.name in wanted]
    for table in reversed(tables):
        connection.execute(delete(table))  # What a migration put there for a beginning.
    for table in tables:
        rows = _rows(table, archive)
        while some := list(islice(rows, ROWS_AT_ONCE)):
            connection.execute(insert(table), some)
        _count_on(connection, table)
    migrate(connection)


def _rows(table: Table, archive: Reader) -> Iterator[dict[str, Any]]:
    gone = set(archive.about["gone"])
    types = {column.name: column.type for column in table.columns}
    for column in table.columns:
        if isinstance(column.type, JSON):
            column.type.none_as_null = True
    for line in archive.open(f"rows/{table.name}.jsonl"):
        row = {name: typed(value, types[name]) for name, value in json.loads(line).items()}
        if table.name in FILES and f"{table.name}/{row[FILES[table.name]]}" in gone:
            row["whole"] = False  # Deleted while the backup was taken: the next start finishes that.
        yield row


def typed(value: Any, kind: TypeEngine[Any]) -> Any:
    """A value as a column takes it. `backup.plain` is the way there."""
    match kind:
        case DateTime() if value is not None:
            return datetime.fromisoformat(value).astimezone(UTC)
        case LargeBinary() if value is not None:
            return b64decode(value)
        case _:
            return value


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL numbers on from where it was, not from what was put in."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.columns:
        if column.primary_key and column.type.python_type is int:
            sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
            if sequence is not None:
                last = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
                connection.execute(select(func.setval(sequence, last, False)))
