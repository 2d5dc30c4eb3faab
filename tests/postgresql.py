"""Databases of a test's own on a PostgreSQL server, dropped when it is over."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from safelight.domain.access import HOME
from safelight.store.database import revisions
from safelight.store.schema import METADATA, WORKSPACES

SERVER = make_url(os.environ.get("TEST_POSTGRESQL", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"))


@contextmanager
def made() -> Iterator[str]:
    """The address of a new database without tables. Skips where there is no server, but not in CI."""
    name = f"safelight_test_{uuid4().hex}"
    try:
        run(SERVER, f"CREATE DATABASE {name}")
    except (OSError, DBAPIError) as error:
        reason = f"no PostgreSQL server at {SERVER}: {error}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    try:
        yield SERVER.set(database=name).render_as_string(hide_password=False)
    finally:
        run(SERVER, f"DROP DATABASE {name} WITH (FORCE)")


def empty(url: str) -> None:
    """Take every row away, and whatever a test says about the schema."""
    rows = [f"DELETE FROM {table.name}" for table in reversed(METADATA.sorted_tables) if table is not WORKSPACES]
    rows.append(f"DELETE FROM {WORKSPACES.name} WHERE id <> '{HOME}'")
    run(make_url(url), *rows, f"UPDATE alembic_version SET version_num = '{revisions()[0]}'")


def run(database: URL, *statements: str) -> None:
    asyncio.run(_run(database, statements))


async def _run(database: URL, statements: Sequence[str]) -> None:
    engine = create_async_engine(database, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()


class Cable:
    """Between us and the PostgreSQL server; it can be pulled out."""

    def __init__(self) -> None:
        self.plugged = True
        self._ends: list[asyncio.StreamWriter] = []

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.plugged:
            writer.close()
            return
        there, back = await asyncio.open_connection(SERVER.host, SERVER.port)
        self._ends += [writer, back]
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    def pull(self) -> None:
        self.plugged = False
        for end in self._ends:
            end.close()
        self._ends.clear()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(2**16):
                target.write(data)
                await target.drain()
        target.close()


@asynccontextmanager
async def cabled(url: str) -> AsyncIterator[tuple[Cable, str]]:
    """A cable to a database, and its address through it."""
    cable = Cable()
    async with await asyncio.start_server(cable.carry, "127.0.0.1", 0) as proxy:
        port = proxy.sockets[0].getsockname()[1]
        through = make_url(url).set(host="127.0.0.1", port=port).update_query_dict({"ssl": "disable"})
        yield cable, through.render_as_string(hide_password=False)
