"""The database behind the store: opened once, brought to the newest schema, closed at the end."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from safelight.domain.errors import Misconfigured

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 10_000


async def open_engine(url: str) -> AsyncEngine:
    """An engine on a database whose schema is the newest.

    Args:
        url: for example `sqlite+aiosqlite:////home/me/safelight.db`. The folder of an SQLite file is made.

    Raises:
        Misconfigured: no database there, or one written by a newer Safelight.
    """
    parsed = _parse(url)
    if _is_sqlite(parsed):
        _prepare_file(parsed)
    engine = create_async_engine(parsed, pool_pre_ping=not _is_sqlite(parsed))
    if _is_sqlite(parsed):
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_migrate)
    except (OperationalError, CommandError) as error:
        await engine.dispose()
        raise _unusable(parsed, error) from error
    return engine


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as error:
        raise Misconfigured(
            "The database address cannot be read.",
            hint="Write it as sqlite+aiosqlite:////absolute/path/safelight.db.",
        ) from error


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _prepare_file(url: URL) -> None:
    """Make the folder, and look whether SQLite can read what is there before any thread is started for it."""
    if not url.database or url.database == ":memory:":
        return
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(url.database)) as connection:
            connection.execute("PRAGMA schema_version").fetchone()
    except (OSError, sqlite3.Error) as error:
        raise _unusable(url, error) from error


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    """Readers beside one writer (WAL); a second writer waits; a picture without its generation is refused."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrate(connection: Connection) -> None:
    config = Config()
    # A "%" in the path would be taken for interpolation.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _unusable(url: URL, error: Exception) -> Misconfigured:
    where = url.render_as_string(hide_password=True)
    if isinstance(error, CommandError):
        return Misconfigured(
            f"The database at {where} was written by a newer Safelight.",
            hint="Update Safelight, or point SAFELIGHT_HOME at another folder.",
        )
    return Misconfigured(
        f"The database at {where} cannot be opened: {getattr(error, 'orig', error)}.",
        hint="Check that the folder can be written to and that the disk is not full; SAFELIGHT_HOME chooses another.",
    )
