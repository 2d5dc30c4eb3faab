"""The database behind the store, SQLite or PostgreSQL: opened, brought to the newest schema, closed at the end."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Dialect, event, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from safelight.domain.errors import Misconfigured, Refused, StoreAway, Unreachable

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 10_000
CONNECT_TIMEOUT_S = 10
LITE, POSTGRES = "sqlite+aiosqlite", "postgresql+asyncpg"
DRIVERS = {LITE: LITE, "sqlite": LITE, POSTGRES: POSTGRES, "postgresql": POSTGRES, "postgres": POSTGRES}
"""By what an address begins with, which driver is meant."""
MIGRATING = 0x5AFE_1164
"""Key of the advisory lock under which one server at a time migrates a PostgreSQL database."""
NUL_IN_TEXT = "22021"
AWAY = ("08", "57P")
"""States of PostgreSQL that have to do with the connection, or with a server that is stopping or starting."""
FULL = "53100"
FULL_LITE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
BUSY_LITE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
"""Others have written for longer than `BUSY_TIMEOUT_MS`."""


async def open_engine(url: str) -> AsyncEngine:
    """An engine on a database whose schema is the newest.

    Args:
        url: for example `sqlite+aiosqlite:////home/me/safelight.db`, whose folder is made, or
            `postgresql+asyncpg://me:secret@db.example/safelight`.

    Raises:
        Misconfigured: no database there, nobody lets us in, or one written by a newer Safelight.
    """
    engine = await connect(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
    except (DBAPIError, CommandError) as error:
        await engine.dispose()
        raise _unusable(engine.url, error) from error
    return engine


async def connect(url: str) -> AsyncEngine:
    """An engine on a database that answers, whatever its schema.

    Raises:
        Misconfigured: no database there, or nobody lets us in.
    """
    parsed = _parse(url)
    lite = parsed.get_backend_name() == "sqlite"
    if lite:
        _prepare_file(parsed)
    # What a statement was given may be private, and errors are logged.
    options: dict[str, Any] = {"hide_parameters": True}
    if not lite:
        about = {"timeout": CONNECT_TIMEOUT_S, "server_settings": {"application_name": "safelight", "timezone": "UTC"}}
        options |= {"pool_pre_ping": True, "connect_args": about}
    try:
        engine = create_async_engine(parsed, **options)
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"The driver for {_shown(parsed)} is missing: {error.name}.",
            hint="Install it with: pip install 'safelight[postgres]'.",
        ) from error
    if lite:
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "handle_error", _explain_lite)
    else:
        event.listen(engine.sync_engine, "do_connect", _call)
        event.listen(engine.sync_engine, "handle_error", _explain)
    try:
        async with engine.connect():
            return engine
    except (
        DBAPIError,
        Unreachable,
        TypeError,
    ) as error:  # TypeError: an option behind "?" that the driver does not know.
        await engine.dispose()
        raise _unusable(parsed, error) from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        return parsed.set(drivername=DRIVERS[parsed.drivername])
    except (ArgumentError, KeyError, ValueError):
        # Without a cause: it would show the whole address, and with it the password.
        raise Misconfigured(
            "The database address cannot be read.",
            hint="Write it as sqlite+aiosqlite:////absolute/path/safelight.db "
            "or postgresql+asyncpg://user:password@host/database.",
        ) from None


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


def _call(dialect: Dialect, _: object, places: list[Any], options: dict[str, Any]) -> DBAPIConnection:
    """Connect. The driver says in the system's words that nobody is there, as if a file were missing."""
    try:
        return dialect.connect(*places, **options)
    except OSError as error:
        raise _gone() from error


def _explain(context: ExceptionContext) -> None:
    """What PostgreSQL complains about, and is not for whoever wrote the statement to know."""
    state = str(getattr(context.original_exception, "sqlstate", None) or "")
    if state == NUL_IN_TEXT:
        # It holds no NUL in a text, nor can it be asked for one: that is the fault of whoever sent it.
        raise Refused("A text has the character NUL in it.", hint="Leave it out.") from None
    if (context.is_disconnect or state.startswith(AWAY)) and not context.is_pre_ping:
        raise _gone() from context.original_exception
    if state == FULL:
        raise _full() from context.original_exception


def _explain_lite(context: ExceptionContext) -> None:
    """The same for SQLite. The lowest byte of its codes says of what kind they are."""
    code = (getattr(context.original_exception, "sqlite_errorcode", None) or 0) & 0xFF
    if code in FULL_LITE:
        raise _full() from context.original_exception
    if code in BUSY_LITE:
        raise StoreAway("The database is busy.", hint="Try again in a moment.") from context.original_exception


def _gone() -> StoreAway:
    return StoreAway("The database does not answer.", hint="Try again; look after its server if it stays so.")


def _full() -> StoreAway:
    return StoreAway("The database's disk is full, or cannot be written to.", hint="Make room; then try again.")


def migrate(connection: Connection, *, to: str = "head") -> None:
    """Bring the schema up or down to a revision. Everything happens in the transaction of the connection."""
    if connection.dialect.name == "postgresql":
        # Two servers that start at once: the second one waits, and finds everything done.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
    config = _config()
    config.attributes["connection"] = connection
    (command.downgrade if to == "base" else command.upgrade)(config, to)


def revision(connection: Connection) -> str | None:
    """Which schema the database has; None where it has none."""
    return MigrationContext.configure(connection).get_current_revision()


def revisions() -> list[str]:
    """Every schema that there has been, the newest first."""
    return [step.revision for step in ScriptDirectory.from_config(_config()).walk_revisions()]


def _config() -> Config:
    config = Config()
    # A "%" in the path would be taken for interpolation.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _shown(url: URL) -> str:
    """Without what is secret: the password, and options that may hold another one."""
    return url.set(query={}).render_as_string(hide_password=True)


def _unusable(url: URL, error: Exception) -> Misconfigured:
    if isinstance(error, CommandError):
        return Misconfigured(
            f"The database at {_shown(url)} was written by a newer Safelight.",
            hint="Update Safelight, or point SAFELIGHT_HOME or SAFELIGHT_DATABASE_URL at another place.",
        )
    original = getattr(error, "orig", None) or error.__cause__ or error
    why = str(original) or type(original).__name__
    return Misconfigured(f"The database at {_shown(url)} cannot be opened: {why}.", hint=_mend(url, original))


def _mend(url: URL, error: BaseException) -> str:
    """What to do about a database that cannot be opened."""
    if url.get_backend_name() == "sqlite":
        return "Check that the folder can be written to and that the disk is not full; SAFELIGHT_HOME chooses another."
    match str(getattr(error, "sqlstate", None) or ""):
        case "28P01" | "28000":
            return "Check the user and the password in SAFELIGHT_DATABASE_URL."
        case "3D000":
            return f"Make it first: createdb {url.database}"
        case "42501":
            return f"Let the user make tables: ALTER DATABASE {url.database} OWNER TO {url.username}"
        case "53300":
            return "The server has no connection to spare: raise its max_connections, or close others."
    if isinstance(error, TypeError):
        return "Check what stands behind the question mark in SAFELIGHT_DATABASE_URL."
    return "Check that the server runs, and its name and port in SAFELIGHT_DATABASE_URL."
