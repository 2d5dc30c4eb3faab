"""What is special about each of the databases."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from safelight.domain.access import HOME
from safelight.domain.errors import Misconfigured, Refused, StoreAway
from safelight.domain.order import Saved
from safelight.store.checkpoints import Checkpoints
from safelight.store.database import connect
from safelight.store.records import Records
from tests import postgresql
from tests.store.making import record

pytestmark = pytest.mark.anyio


@pytest.fixture
def empty() -> Iterator[str]:
    """The address of a PostgreSQL database without a table."""
    with postgresql.made() as url:
        yield url


async def test_an_sqlite_file_is_made_wherever_it_is_wished(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'made' / 'on the way' / 'safe%light.db'}"
    records = await Records.open(url)
    await records.add(record())
    await records.close()
    assert (tmp_path / "made" / "on the way" / "safe%light.db").is_file()


async def test_every_connection_to_sqlite_is_prepared(records: Records) -> None:
    async with records.engine.connect() as one, records.engine.connect() as another:
        for connection in (one, another):
            for pragma, expected in (("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 10_000)):
                assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar() == expected


async def test_an_sqlite_file_that_cannot_be_opened_says_where(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=str(tmp_path)):
        await Records.open(f"sqlite+aiosqlite:///{tmp_path}")
    (tmp_path / "letter.txt").write_text("not a database" * 100)
    with pytest.raises(Misconfigured, match="not a database"):
        await Records.open(f"sqlite+aiosqlite:///{tmp_path / 'letter.txt'}")


@pytest.mark.parametrize("url", ["not a url", "mysql://me:geheim@db/x", "postgresql://me:geheim@db:port/x"])
async def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(Misconfigured, match="cannot be read") as caught:
        await Records.open(url)
    assert "postgresql+asyncpg://" in caught.value.hint
    assert caught.value.__cause__ is None and "geheim" not in str(caught.value)


async def test_servers_that_start_at_once_migrate_once(empty: str) -> None:
    opened = await asyncio.gather(*(Records.open(empty) for _ in range(4)))
    kept = await opened[0].add(record())
    assert await opened[3].get(kept.id, workspace=HOME) == kept
    for records in opened:
        await records.close()


async def test_the_usual_ways_of_writing_the_address_are_understood(empty: str) -> None:
    for driver in ("postgres", "postgresql"):
        await (await connect(make_url(empty).set(drivername=driver).render_as_string(hide_password=False))).dispose()


@pytest.mark.parametrize(
    ("changes", "fault", "mend"),
    [
        ({"port": 1}, "Connect call failed", "Check that the server runs"),
        ({"host": "no.such.host.invalid"}, "known|resolution|associated|Timeout", "Check that the server runs"),
        ({"username": "nobody_of_this_name"}, "nobody_of_this_name", "the user and the password"),
        ({"database": "none_of_this_name"}, "does not exist", "createdb none_of_this_name"),
        ({"query": {"nonsense": "geheim"}}, "nonsense", "question mark"),
    ],
    ids=["nobody listens", "no such host", "no such user", "no such database", "no such option"],
)
async def test_a_server_that_does_not_let_us_in_says_what_to_do(
    empty: str, changes: dict[str, object], fault: str, mend: str
) -> None:
    url = make_url(empty).set(**({"password": "geheim"} | changes))  # type: ignore[arg-type]
    with pytest.raises(Misconfigured, match=fault) as caught:
        await Records.open(url.render_as_string(hide_password=False))
    assert mend in caught.value.hint
    assert "geheim" not in caught.value.detail + caught.value.hint


@asynccontextmanager
async def refusing(code: bytes, why: bytes) -> AsyncIterator[int]:
    """The port of a PostgreSQL server that lets nobody in; how it talks:
    https://www.postgresql.org/docs/current/protocol-message-formats.html."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        fields = b"SFATAL\0VFATAL\0C" + code + b"\0M" + why + b"\0\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4) + fields)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_wrong_password_is_told_and_never_shown() -> None:
    async with refusing(b"28P01", b'password authentication failed for user "me"') as port:
        with pytest.raises(Misconfigured, match="password authentication failed") as caught:
            await Records.open(f"postgresql+asyncpg://me:geheim@127.0.0.1:{port}/x?ssl=disable")
    assert "SAFELIGHT_DATABASE_URL" in caught.value.hint
    assert "geheim" not in caught.value.detail + caught.value.hint
    assert f"me:***@127.0.0.1:{port}" in caught.value.detail


async def test_a_missing_driver_names_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(Misconfigured, match="asyncpg") as caught:
        await Records.open("postgresql+asyncpg://me@127.0.0.1/x")
    assert "safelight[postgres]" in caught.value.hint


async def test_a_character_that_postgresql_cannot_hold_is_refused(empty: str) -> None:
    records = await Records.open(empty)
    for attempt in (
        records.get("a\0b", workspace=HOME),
        records.add(record(idempotency_key="\0")),
    ):
        with pytest.raises(Refused, match="NUL"):
            await attempt
    await records.close()


async def test_a_server_that_is_away_for_a_while_is_waited_for(empty: str) -> None:
    async with postgresql.cabled(empty) as (cable, through):
        records = await Records.open(through)
        kept = await records.add(record())
        cable.pull()
        for attempt in (
            records.get(kept.id, workspace=HOME),
            records.add(record()),
            records.get(kept.id, workspace=HOME),
        ):
            with pytest.raises(StoreAway, match="does not answer"):
                await attempt
        await Checkpoints(records).keep(kept.id, {0: Saved(1, b"x")})
        cable.plugged = True
        assert await records.get(kept.id, workspace=HOME) == kept
        await records.close()


async def test_a_full_disk_is_told_and_room_is_waited_for(records: Records) -> None:
    """SQLite: a limit of its own stands for the disk's."""
    kept = await records.add(record())
    async with records.engine.connect() as only:
        raw = (await only.get_raw_connection()).driver_connection
        assert raw is not None
        pages = await (await raw.execute("PRAGMA page_count")).fetchone()
        await raw.execute(f"PRAGMA max_page_count = {pages[0]}")
        with pytest.raises(StoreAway, match="full"):
            await only.execute(text(f"INSERT INTO users VALUES ('usr', 'ada', '{'x' * 100_000}', '2026')"))
        await only.rollback()
        await raw.execute("PRAGMA max_page_count = 1000000")
    assert await records.get(kept.id, workspace=HOME) == kept


async def test_who_writes_for_too_long_is_not_waited_for_for_ever(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with records.engine.connect() as one, records.engine.connect() as other:
        await one.execute(text("BEGIN IMMEDIATE"))
        await other.execute(text("PRAGMA busy_timeout = 10"))
        with pytest.raises(StoreAway, match="busy"):
            await other.execute(text("BEGIN IMMEDIATE"))
        await other.execute(text("PRAGMA busy_timeout = 10000"))


async def test_it_is_known_when_the_database_went_away(empty: str) -> None:
    records = await Records.open(empty)
    try:
        async with records.engine.connect() as one, records.engine.connect() as other:
            process = (await one.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            await other.execute(text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process})
            with pytest.raises(StoreAway):
                await one.execute(text("SELECT 1"))
    finally:
        await records.close()
