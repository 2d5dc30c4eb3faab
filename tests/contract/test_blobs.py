"""What every blob store does, whatever it is made of."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from safelight.domain.errors import NotFound, Refused
from safelight.store.blobs import Blobs, BlobStats, DiskBlobs, MemoryBlobs
from safelight.store.s3 import S3Blobs

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["disk", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "s3":
        return S3Blobs(request.getfixturevalue("bucket_server").bucket(), "pictures")
    return DiskBlobs(tmp_path / "pictures") if request.param == "disk" else MemoryBlobs()


async def test_what_is_put_comes_back(store: Blobs) -> None:
    await store.put("2026-11/a drágon 竜.png", b"\x89PNG", "image/png")
    assert await store.get("2026-11/a drágon 竜.png") == b"\x89PNG"


async def test_a_large_one_is_put_whole(store: Blobs) -> None:
    data = bytes(range(256)) * 2**16
    await store.put("large.png", data, "image/png")
    with pytest.raises(FileExistsError):
        await store.put("large.png", b"second", "image/png")
    assert await store.get("large.png") == data


async def test_a_key_is_written_once(store: Blobs) -> None:
    await store.put("a/b.png", b"first", "image/png")
    with pytest.raises(FileExistsError):
        await store.put("a/b.png", b"second", "image/png")
    assert await store.get("a/b.png") == b"first"
    assert await store.stats() == BlobStats(count=1, bytes=5)


async def test_deleting_is_idempotent(store: Blobs) -> None:
    await store.put("a/b.png", b"x", "image/png")
    await store.delete("a/b.png")
    await store.delete("a/b.png")
    await store.delete("never/was.png")
    assert await store.stats() == BlobStats(count=0, bytes=0)


async def test_a_missing_key_is_not_found(store: Blobs) -> None:
    await store.put("a/b.png", b"x", "image/png")
    for key in ("a/c.png", "a", "b/c/d", "a/b.png/c"):
        with pytest.raises(NotFound) as caught:
            await store.get(key)
        assert caught.value.hint


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/.", "c:\\x", "a\\..\\x", "a\0b", "c:/x"]
)
async def test_no_key_leads_outside(store: Blobs, key: str) -> None:
    for attempt in (store.put(key, b"x", "image/png"), store.get(key), store.delete(key)):
        with pytest.raises(Refused):
            await attempt
    assert await store.stats() == BlobStats(count=0, bytes=0)


async def test_stats_count_everything(store: Blobs) -> None:
    await store.put("a/1.png", b"123", "image/png")
    await store.put("b/c/2.webp", b"45", "image/webp")
    assert await store.stats() == BlobStats(count=2, bytes=5)


async def test_everything_is_listed_with_its_size_and_age(store: Blobs) -> None:
    keys = {f"2026-11/ä drágon {number}+%&'.png": b"x" * number for number in range(1, 4)}
    for key, data in keys.items():
        await store.put(key, data, "image/png")
    found = {blob.key: blob async for blob in store.listed()}
    assert {key: blob.bytes for key, blob in found.items()} == {key: len(data) for key, data in keys.items()}
    assert all(abs(datetime.now(UTC) - blob.modified_at) < timedelta(minutes=1) for blob in found.values())


async def test_who_is_not_told_to_gives_out_no_address(store: Blobs) -> None:
    assert await store.link("a/b.png") is None
