"""What is special about the disk."""

import errno
import os
from pathlib import Path

import pytest

from safelight.domain.errors import Misconfigured, Refused, StoreAway
from safelight.store.blobs import DiskBlobs

pytestmark = pytest.mark.anyio


async def test_a_link_does_not_lead_outside(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "door").symlink_to(outside)
    with pytest.raises(Refused, match="outside"):
        await DiskBlobs(tmp_path / "in").put("door/x.png", b"x", "image/png")
    assert not list(outside.iterdir())


async def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = DiskBlobs(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreAway, match="No space"):
        await store.put("a/b.png", b"x", "image/png")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


async def test_a_disk_without_hard_links_does_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    store = DiskBlobs(tmp_path)
    await store.put("a/b.png", b"first", "image/png")
    with pytest.raises(FileExistsError):
        await store.put("a/b.png", b"second", "image/png")
    assert await store.get("a/b.png") == b"first"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.png"]


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Misconfigured, match="cannot be kept") as caught:
        DiskBlobs(tmp_path / "file" / "pictures")
    assert "SAFELIGHT_HOME" in caught.value.hint
