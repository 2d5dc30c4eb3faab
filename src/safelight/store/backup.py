"""Writes everything that is kept into one file, while the server goes on.

The rows are those of one moment, whatever is written meanwhile; they do not depend on the database that they come
from. The files never change, so they can be fetched one after the other; one that was deleted since is noted as gone.
"""

import asyncio
import json
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from safelight import __version__
from safelight.domain.errors import Misconfigured, NotFound, Refused
from safelight.store.archive import FILES_AT_ONCE, FORMAT, HEADER, Writer, writing
from safelight.store.blobs import Blobs
from safelight.store.database import revision, revisions
from safelight.store.opening import Store
from safelight.store.schema import INPUTS, METADATA, PICTURE_TAGS, PICTURES, SHARES

WHOLE = PICTURES.c.whole.is_(True)
ONLY = {
    PICTURES.name: WHOLE,
    PICTURE_TAGS.name: PICTURE_TAGS.c.moment.in_(select(PICTURES.c.moment).where(WHOLE)),
    SHARES.name: SHARES.c.picture.in_(select(PICTURES.c.id).where(WHOLE)),
}
"""A picture that is only being written is drawn again from its generation."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What a backup has in it.

    Attributes:
        rows: how many there are, by table.
        gone: files that were not there any more.
    """

    rows: Mapping[str, int]
    gone: tuple[str, ...]


async def back_up(store: Store, path: Path) -> Contents:
    """Write a backup.

    Raises:
        Refused: there is a file of that name, or nothing to back up.
        Misconfigured: it cannot be written, or the database has another schema than this Safelight's.
    """
    with writing(path) as writer:
        async with snapshot(store.records.engine) as connection:
            schema = await connection.run_sync(revision)
            if schema is None:
                raise Refused("Nothing is kept here yet.", hint="Name the place with --home or SAFELIGHT_DATABASE_URL.")
            if schema != revisions()[0]:
                raise Misconfigured(
                    "The database is not of this version of Safelight.",
                    hint="Back up with the version that serves it, or let this one serve it first.",
                )
            writer.add(HEADER, json.dumps({"format": FORMAT, "schema": schema, "safelight": __version__}).encode())
            rows = {table.name: await _rows(connection, table, writer, path.parent) for table in METADATA.sorted_tables}
            pictures, inputs = await _files(connection)
        gone = [
            *await _copy(store.files, "pictures", pictures, writer),
            *await _copy(store.given, "inputs", inputs, writer),
        ]
        writer.close({"made_at": datetime.now(UTC).isoformat(), "rows": rows, "gone": gone})
    return Contents(rows=rows, gone=tuple(gone))


@asynccontextmanager
async def snapshot(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection to which nothing changes any more."""
    async with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            await connection.exec_driver_sql("BEGIN")  # Left out, every query would see what is newest.
        else:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection


async def _rows(connection: AsyncConnection, table: Table, writer: Writer, folder: Path) -> int:
    """Add every row of a table; how many there are."""
    columns = [column for column in table.columns if column.computed is None]
    query = select(*columns)
    if table.name in ONLY:
        query = query.where(ONLY[table.name])
    with tempfile.TemporaryFile(dir=folder) as file:
        count = 0
        async with connection.stream(query) as rows:
            async for row in rows.mappings():
                _write(file, {name: plain(value) for name, value in row.items()})
                count += 1
        writer.copy(f"rows/{table.name}.jsonl", file)
    return count


def _write(file: IO[bytes], row: dict[str, Any]) -> None:
    file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def plain(value: Any) -> Any:
    """A value of a row as JSON has it. `restoring.typed` is the way back."""
    match value:
        case datetime():
            return value.isoformat()
        case bytes():
            return b64encode(value).decode()
        case _:
            return value


async def _files(connection: AsyncConnection) -> tuple[dict[str, str], dict[str, str]]:
    """Keys and media types of every picture and thumbnail, and of every image that was given."""
    query = select(PICTURES.c.blob, PICTURES.c.media_type, PICTURES.c.thumbnail).where(PICTURES.c.whole.is_(True))
    pictures: dict[str, str] = {}
    for blob, media_type, thumbnail in await connection.execute(query):
        pictures |= {blob: media_type, thumbnail: "image/webp"}
    given = select(INPUTS.c.id, INPUTS.c.media_type).where(INPUTS.c.whole.is_(True))
    return pictures, {row.id: row.media_type for row in await connection.execute(given)}


async def _copy(blobs: Blobs, folder: str, files: dict[str, str], writer: Writer) -> list[str]:
    """Add files; the names of those that are gone."""
    gone, keys = [], iter(files)
    while some := list(islice(keys, FILES_AT_ONCE)):
        found = await asyncio.gather(*(_file(blobs, key) for key in some))
        for key, data in zip(some, found, strict=True):
            if data is None:
                gone.append(f"{folder}/{key}")
            else:
                writer.add(f"{folder}/{key}", data, media_type=files[key])
    return gone


async def _file(blobs: Blobs, key: str) -> bytes | None:
    try:
        return await blobs.get(key)
    except NotFound:
        return None
