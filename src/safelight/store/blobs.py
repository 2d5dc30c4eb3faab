"""Where pixels lie: one small protocol, on disk or in memory. A blob is written once and never changed."""

import asyncio
import os
import secrets
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from safelight.domain.errors import Misconfigured, NotFound, Refused

PARTIAL = ".partial"


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

    async def stats(self) -> BlobStats: ...


def checked(key: str) -> str:
    """The key, when it stays inside of the store on every operating system.

    Raises:
        Refused: it is empty, absolute, climbs with `..`, or names a drive or stream.
    """
    parts = key.split("/")
    if any(part in ("", ".", "..") for part in parts) or any(mark in key for mark in '\\:\0"<>|?*'):
        raise Refused(f"'{key}' is not a place in the store.", hint="Use a relative path without '..'.")
    return key


class MemoryBlobs:
    """Blobs that live as long as the process: for tests, and for a server that should keep nothing."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    async def put(self, key: str, data: bytes, media_type: str) -> None:
        if checked(key) in self._blobs:
            raise FileExistsError(key)
        self._blobs[key] = data

    async def get(self, key: str) -> bytes:
        try:
            return self._blobs[checked(key)]
        except KeyError:
            raise _missing(key) from None

    async def delete(self, key: str) -> None:
        self._blobs.pop(checked(key), None)

    async def stats(self) -> BlobStats:
        return BlobStats(count=len(self._blobs), bytes=sum(map(len, self._blobs.values())))


class DiskBlobs:
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
        await asyncio.to_thread(_write, self._path(key), data)

    async def get(self, key: str) -> bytes:
        try:
            return await asyncio.to_thread(self._path(key).read_bytes)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise _missing(key) from None

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def stats(self) -> BlobStats:
        return await asyncio.to_thread(_stats, self._root)

    def _path(self, key: str) -> Path:
        path = self._root.joinpath(*PurePosixPath(checked(key)).parts)
        # A link inside of the folder may still lead out of it.
        if not path.parent.resolve().is_relative_to(self._root):
            raise Refused(f"'{key}' leads outside of the store.", hint="Remove the link from the pictures folder.")
        return path


def _missing(key: str) -> NotFound:
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
        _publish(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _publish(partial: Path, path: Path) -> None:
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


def _sync_folder(folder: Path) -> None:
    """The name has to survive a power cut too. Windows cannot open folders and writes names through by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stats(root: Path) -> BlobStats:
    sizes = [path.stat().st_size for path in root.rglob("*") if path.is_file() and path.suffix != PARTIAL]
    return BlobStats(count=len(sizes), bytes=sum(sizes))
