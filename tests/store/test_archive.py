"""What makes a backup one that can be relied upon."""

import hashlib
import json
import tarfile
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import JSON, Boolean, Float, Integer, LargeBinary, String

from safelight.domain.access import HOME
from safelight.domain.errors import Misconfigured, NotFound, Refused
from safelight.store.archive import HEADER, MANIFEST
from safelight.store.backup import back_up, snapshot
from safelight.store.blobs import MemoryBlobs
from safelight.store.database import connect, migrate
from safelight.store.dialects import WordList
from safelight.store.opening import Store
from safelight.store.records import Records
from safelight.store.restoring import restore
from safelight.store.schema import METADATA, PICTURES, Instant
from tests.store.making import kept, png, record

pytestmark = pytest.mark.anyio
Contents = dict[str, bytes]


@pytest.fixture
async def store(records: Records) -> Store:
    return Store.over(records, files=MemoryBlobs(), given=MemoryBlobs())


@pytest.fixture
async def empty(tmp_path: Path) -> AsyncIterator[Store]:
    records = Records(await connect(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"))
    yield Store.over(records, files=MemoryBlobs(), given=MemoryBlobs())
    await records.close()


@pytest.fixture
async def archive(store: Store, tmp_path: Path) -> Path:
    await kept(store)
    await store.inputs.keep(png(), workspace=HOME)
    await back_up(store, tmp_path / "all.tar")
    return tmp_path / "all.tar"


def rewritten(archive: Path, change: Callable[[Contents], None], *, honest: bool = False) -> None:
    """The archive with other contents, and, where it is `honest`, a manifest that fits them."""
    with tarfile.open(archive) as tar:
        members = {member.name: member for member in tar}
        contents = {name: tar.extractfile(member).read() for name, member in members.items()}  # type: ignore[union-attr]
    change(contents)
    if honest:
        manifest = json.loads(contents.pop(MANIFEST))
        manifest["files"] = {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in contents.items()
        }
        contents[MANIFEST] = json.dumps(manifest).encode()
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, data in contents.items():
            member = members.get(name) or tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, BytesIO(data))


def test_every_column_is_of_a_kind_that_a_backup_can_hold() -> None:
    kinds = (JSON, Boolean, Float, Integer, LargeBinary, String, Instant, WordList)
    assert not [str(c) for table in METADATA.tables.values() for c in table.columns if not isinstance(c.type, kinds)]


async def test_anybody_can_open_it(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    assert names[0] == HEADER and names[-1] == MANIFEST
    assert {name.partition("/")[0] for name in names[1:-1]} == {"rows", "pictures", "inputs"}
    assert archive.stat().st_mode & 0o077 == 0, "for nobody else's eyes"


async def test_nothing_is_written_over(store: Store, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(Refused, match="already"):
        await back_up(store, archive)
    assert archive.read_bytes() == before


async def test_one_that_fails_leaves_nothing(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await kept(store)

    async def broken(key: str) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.files, "get", broken)
    with pytest.raises(Misconfigured, match="No space"):
        await back_up(store, tmp_path / "all.tar")
    with pytest.raises(Misconfigured, match="No such file"):
        await back_up(store, tmp_path / "nowhere" / "all.tar")
    assert not [path for path in tmp_path.iterdir() if "tar" in path.name]


async def test_the_rows_are_those_of_one_moment(records: Records) -> None:
    await records.add(record())
    async with snapshot(records.engine) as connection:
        before = (await connection.exec_driver_sql("SELECT count(*) FROM generations")).scalar()
        await records.add(record())
        assert (await connection.exec_driver_sql("SELECT count(*) FROM generations")).scalar() == before == 1


async def test_a_picture_that_was_deleted_meanwhile_does_not_come_back(
    store: Store, empty: Store, tmp_path: Path
) -> None:
    gone, stays = await kept(store), await kept(store)
    async with store.records.engine.connect() as connection:
        key = (await connection.execute(PICTURES.select().where(PICTURES.c.id == gone))).mappings().one()["blob"]
    await store.files.delete(key)
    held = await back_up(store, tmp_path / "all.tar")
    assert held.gone == (f"pictures/{key}",)
    await restore(empty, tmp_path / "all.tar")
    assert [picture.id for picture in (await empty.gallery.page(workspace=HOME)).items] == [stays]
    assert await empty.pictures.sweep() == 1
    with pytest.raises(NotFound):
        await empty.pictures.get(gone, workspace=HOME)


def flip(contents: Contents) -> None:
    name = next(name for name in contents if name.startswith("pictures/"))
    contents[name] = contents[name][:-1] + b"?"


def lose(contents: Contents) -> None:
    del contents[next(name for name in contents if name.startswith("inputs/"))]


def cut(contents: Contents) -> None:
    del contents[MANIFEST]


def add(contents: Contents) -> None:
    contents["pictures/more.png"] = b"more"


def renew(contents: Contents) -> None:
    contents[HEADER] = json.dumps({"format": 2, "schema": "9999"}).encode()


def migrated(contents: Contents) -> None:
    contents[HEADER] = json.dumps({"format": 1, "schema": "9999"}).encode()


@pytest.mark.parametrize(
    ("change", "honest", "fault"),
    [
        (flip, False, "damaged at pictures/"),
        (lose, False, "damaged at manifest"),
        (cut, False, "not whole"),
        (add, False, "damaged at manifest"),
        (renew, True, "form 2"),
        (migrated, True, "newer Safelight"),
    ],
)
async def test_one_that_is_not_as_it_was_written_is_refused(
    archive: Path, empty: Store, change: Callable[[Contents], None], honest: bool, fault: str
) -> None:
    rewritten(archive, change, honest=honest)
    with pytest.raises(Refused, match=fault) as caught:
        await restore(empty, archive)
    assert caught.value.hint
    assert (await empty.files.stats()).count == 0


async def test_a_file_that_leads_outside_is_refused(archive: Path, empty: Store) -> None:
    rewritten(archive, lambda contents: contents.update({"pictures/../../x": b"x"}), honest=True)
    with pytest.raises(Refused, match="not a place in the store"):
        await restore(empty, archive)


async def test_what_is_no_backup_is_told(empty: Store, archive: Path, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear reader")
    (tmp_path / "half").write_bytes(archive.read_bytes()[:-12000])
    for name in ("letter", "half"):
        with pytest.raises(Refused, match=r"no backup, or was cut short|not whole"):
            await restore(empty, tmp_path / name)
    with pytest.raises(Misconfigured, match="No such file"):
        await restore(empty, tmp_path / "none")


async def test_where_nothing_is_kept_there_is_nothing_to_back_up(empty: Store, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Nothing is kept here yet"):
        await back_up(empty, tmp_path / "all.tar")
    async with empty.records.engine.begin() as connection:
        await connection.run_sync(lambda connection: migrate(connection, to="0001"))
    with pytest.raises(Misconfigured, match="not of this version"):
        await back_up(empty, tmp_path / "all.tar")
    assert not (tmp_path / "all.tar").exists()


async def test_nothing_is_restored_over_what_is_there(archive: Path, store: Store) -> None:
    with pytest.raises(Refused, match="already") as caught:
        await restore(store, archive)
    assert "empty" in caught.value.hint


async def test_a_server_that_was_started_and_not_used_is_empty_enough(archive: Path, empty: Store) -> None:
    async with empty.records.engine.begin() as connection:
        await connection.run_sync(migrate)
    await restore(empty, archive)
    assert len((await empty.gallery.page(workspace=HOME)).items) == 1


async def test_a_backup_of_an_earlier_version_is_brought_to_this_one(archive: Path, empty: Store) -> None:
    def earlier(contents: Contents) -> None:
        header = json.loads(contents[HEADER])
        contents[HEADER] = json.dumps(header | {"schema": "0001"}).encode()
        later = "moment model sampler words origin notes favourite folder deleted_at"
        drawn = "fingerprint branch_of workspace caller device_s batch cell webhooks"
        leased = "owner lease_until attempt cancel_asked priority place"
        known = {
            "generations": {*drawn.split(), *leased.split()},
            "pictures": {*later.split(), "workspace", "caller", "mark"},
        }
        for name in [name for name in contents if name.startswith("rows/")]:
            table = name.removeprefix("rows/").removesuffix(".jsonl")
            lines = [json.loads(line) for line in contents.pop(name).splitlines()]
            if table in known:
                old = [{n: v for n, v in line.items() if n not in known[table]} for line in lines]
                contents[name] = "".join(f"{json.dumps(line)}\n" for line in old).encode()

    rewritten(archive, earlier, honest=True)
    await restore(empty, archive)
    (picture,) = (await empty.gallery.page(workspace=HOME)).items
    again = await empty.records.get(str(picture.generation), workspace=HOME)
    assert again is not None and again.fingerprint is None and again.same_as(again.recipe)
