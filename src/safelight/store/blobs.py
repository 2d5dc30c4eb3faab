"""Where pixels lie: one small protocol, on disk or in memory (S3: see `s3.py`). A blob is written once and never
changed."""

import asyncio
import os
import secrets
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Protocol

from safelight.domain.errors import Misconfigured, NotFound, Refused, StoreAway

PARTIAL = ".partial"


@dataclass(frozen=True, kw_only=True)
class Blob:
    """What is known of one without reading it."""

    key: str
    bytes: int
    modified_at: datetime


@dataclass(frozen=True)
class BlobStats:
    """What all blobs together come to."""

    count: int
    bytes: int


class Blobs(Protocol):
    """Bytes by key. A key is a relative path such as `2026-11/local_a-red-dragon_….png`."""

    async def put(self, key: str, data: bytes, media_type: str) -> None:
        """Keep `data` for good: when this returns, a power cut no longer loses it.

        Raises:
            FileExistsError: the key is taken; what lies there is not touched.
            Refused: the key would lead outside of the store.
        """
        ...

    async def get(self, key: str) -> bytes:
        """The bytes of a key.

        Raises:
            NotFound: nothing is kept under this key.
        """
        ...

    async def delete(self, key: str) -> None:
        """Forget a key. Nothing happens when it is not there."""
        ...

    def listed(self) -> AsyncIterator[Blob]:
        """Every blob, in no particular order."""
        ...

    async def link(self, key: str) -> str | None:
        """An address where a key can be had without asking this server; None where there is none."""
        return None

    async def sweep(self, *, before: datetime) -> int:
        """Remove what a crash left half written before a moment; how many files that were."""
        return 0

    async def stats(self) -> BlobStats:
        sizes = [blob.bytes async for blob in self.listed()]
        return BlobStats(count=len(sizes), bytes=sum(sizes))


def checked(key: str) -> str:
    """The key, when it stays inside of the store on every operating system.

    Raises:
        Refused: it is empty, absolute, climbs with `..`, or names a drive or stream.
    """
    parts = key.split("/")
    if any(part in ("", ".", "..") for part in parts) or any(mark in key for mark in '\\:\0"<>|?*'):
        raise Refused(f"'{key}' is not a place in the store.", hint="Use a relative path without '..'.")
    return key


class MemoryBlobs(Blobs):
    """Blobs that live as long as the process: for tests, and for a server that should keep nothing."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}
        self._moments: dict[str, datetime] = {}

    async def put(self, key: str, data: bytes, media_type: str) -> None:
        if checked(key) in self._blobs:
            raise FileExistsError(key)
        self._blobs[key] = data
        self._moments[key] = datetime.now(UTC)

    async def get(self, key: str) -> bytes:
        try:
            return self._blobs[checked(key)]
        except KeyError:
            raise missing(key) from None

    async def delete(self, key: str) -> None:
        self._blobs.pop(checked(key), None)

    async def listed(self) -> AsyncIterator[Blob]:
        for key, data in list(self._blobs.items()):
            yield Blob(key=key, bytes=len(data), modified_at=self._moments[key])


class DiskBlobs(Blobs):
    """Blobs as plain files under one folder, readable with any file browser."""

    def __init__(self, root: Path) -> None:
        """Args:
        root: the folder; made when it is not there.

        Raises:
            Misconfigured: the folder cannot be made.
        """
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(
                f"Pictures cannot be kept in {root}: {error.strerror}.",
                hint="Give Safelight a folder it can write to with SAFELIGHT_HOME.",
            ) from error
        self._root = root.resolve()

    async def put(self, key: str, data: bytes, media_type: str) -> None:
        path = self._path(key)
        try:
            await asyncio.to_thread(_write, path, data)
        except FileExistsError:
            raise
        except OSError as error:
            raise StoreAway(
                f"No file can be written: {error.strerror or type(error).__name__}.",
                hint=f"Look after the disk of {self._root.name}: is it full, or read-only?",
            ) from error

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise missing(key) from None

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def listed(self) -> AsyncIterator[Blob]:
        for blob in await asyncio.to_thread(_listed, self._root):
            yield blob

    async def sweep(self, *, before: datetime) -> int:
        return await asyncio.to_thread(_sweep, self._root, before)

    def _path(self, key: str) -> Path:
        path = self._root.joinpath(*PurePosixPath(checked(key)).parts)
        # A link inside of the folder may still lead out of it.
        if not path.parent.resolve().is_relative_to(self._root):
            raise Refused(f"'{key}' leads outside of the store.", hint="Remove the link from the pictures folder.")
        return path


def missing(key: str) -> NotFound:
    return NotFound(f"The file '{key}' is gone.", hint="It was deleted, or moved away on disk.")


def _write(path: Path, data: bytes) -> None:
    """All or nothing: a reader sees the whole file or none, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / f"{secrets.token_hex(8)}{PARTIAL}"
    try:
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        publish(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(path.parent)


def publish(partial: Path, path: Path) -> None:
    """Give the file its name, unless the name is taken."""
    try:
        # Unlike a rename, a link never replaces what is already there.
        os.link(partial, path)
    except FileExistsError:
        raise
    except OSError:  # A file system without hard links (exFAT, some network shares).
        if path.exists():
            raise FileExistsError(path) from None
        partial.replace(path)


def sync_folder(folder: Path) -> None:
    """The name has to survive a power cut too. Windows cannot open folders and writes names through by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(root: Path, before: datetime) -> int:
    removed = 0
    for path in root.rglob(f"*{PARTIAL}"):
        with suppress(FileNotFoundError):  # Given its name meanwhile.
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                path.unlink()
                removed += 1
    return removed


def _listed(root: Path) -> list[Blob]:
    found = []
    for path in root.rglob("*"):
        with suppress(FileNotFoundError):  # Deleted meanwhile.
            about = path.stat()
            if stat.S_ISREG(about.st_mode):
                key, modified_at = path.relative_to(root).as_posix(), datetime.fromtimestamp(about.st_mtime, UTC)
                found.append(Blob(key=key, bytes=about.st_size, modified_at=modified_at))
    return found
