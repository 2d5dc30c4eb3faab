"""Databases of a test's own on a PostgreSQL server, dropped when it is over."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
