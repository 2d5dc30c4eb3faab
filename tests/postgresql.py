"""Databases of a test's own on a PostgreSQL server, dropped when it is over."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

SERVER = make_url(os.environ.get("TEST_POSTGRESQL", "postgresql+asyncpg://postgres@127.0.0.1:5432/postgres"))


@contextmanager
def made(*, like: str | None = None) -> Iterator[str]:
    """The address of a new database, empty or a copy of another one. Skips where there is no server, but not in CI."""
    name = f"safelight_test_{uuid4().hex}"
    template = "" if like is None else f"TEMPLATE {make_url(like).database}"
    try:
        administer(f"CREATE DATABASE {name} {template}")
    except (OSError, DBAPIError) as error:
        reason = f"no PostgreSQL server at {SERVER}: {error}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    try:
        yield SERVER.set(database=name).render_as_string(hide_password=False)
    finally:
        administer(f"DROP DATABASE {name} WITH (FORCE)")


def administer(statement: str) -> None:
    asyncio.run(_administer(statement))


async def _administer(statement: str) -> None:
    engine = create_async_engine(SERVER, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text(statement))
    finally:
        await engine.dispose()
