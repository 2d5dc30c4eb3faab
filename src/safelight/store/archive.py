"""The form of a backup: a tar that anybody can open, with a header first and a manifest of checksums last.

safelight-backup.json       which form this is, and which schema the rows have
rows/<table>.jsonl          one row a line; moments in ISO 8601, bytes in base64
pictures/…  inputs/…        the files, as they are
manifest.json               size and SHA-256 of everything before it: without it, the backup is not whole
"""

import hashlib
import json
import os
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from safelight.domain.errors import Misconfigured, Refused
from safelight.store.blobs import PARTIAL, publish, sync_folder

FORMAT = 1
HEADER, MANIFEST = "safelight-backup.json", "manifest.json"
MEDIA_TYPE = "SAFELIGHT.media_type"
CHUNK = 2**20
FILES_AT_ONCE = 16
"""That are fetched or put: each of them waits for the disk or the network, and none has to wait for another."""


class Writer:
    """Adds to an archive, and remembers what was added."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._sums: dict[str, dict[str, Any]] = {}

    def add(self, name: str, data: bytes, *, media_type: str | None = None) -> None:
        self.copy(name, BytesIO(data), media_type=media_type)

    def copy(self, name: str, source: IO[bytes], *, media_type: str | None = None) -> None:
        """Add everything that a file has to give."""
        about = tarfile.TarInfo(name)
        about.size = source.seek(0, os.SEEK_END)
        about.mtime = int(time.time())
        about.mode = 0o600
        if media_type is not None:
            about.pax_headers = {MEDIA_TYPE: media_type}
        source.seek(0)
        self._sums[name] = {"bytes": about.size, "sha256": _digest(source)}
        source.seek(0)
        self._tar.addfile(about, source)

    def close(self, about: Mapping[str, Any]) -> None:
        """Write the manifest: the archive is whole."""
        manifest = {**about, "files": self._sums}
        self.add(MANIFEST, json.dumps(manifest, indent=1).encode())


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new archive, which is there under its name when it is whole and not before.

    Raises:
        Refused: there is a file of that name.
        Misconfigured: it cannot be written there.
    """
    taken = Refused(f"There is a file {path} already.", hint="Choose another name; nothing was written over.")
    if path.exists():
        raise taken
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    try:
        with partial.open("xb") as file:
            partial.chmod(0o600)
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar)
            file.flush()
            os.fsync(file.fileno())
        publish(partial, path)
        sync_folder(path.parent)
    except FileExistsError:
        raise taken from None
    except OSError as error:
        hint = "Choose a place that can be written to and has room."
        raise Misconfigured(f"The backup {path} cannot be written: {error.strerror or error}.", hint=hint) from error
    finally:
        partial.unlink(missing_ok=True)


class Reader:
    """An archive that was looked through: it is whole, and every byte is as it was written.

    Attributes:
        schema: revision of the database's schema that the rows have.
        about: what the manifest says besides the checksums.
    """

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._members = {member.name: member for member in _members(tar)}
        header = self._json(HEADER)
        if header.get("format") != FORMAT:
            raise Refused(
                f"The backup has the form {header.get('format')}; this Safelight reads form {FORMAT}.",
                hint="Update Safelight: a newer one wrote it.",
            )
        self.schema = str(header.get("schema"))
        self.about = self._json(MANIFEST)
        self._check()

    def names(self, folder: str) -> list[str]:
        """What lies under a folder, without the folder's name."""
        return [name.removeprefix(f"{folder}/") for name in self._members if name.startswith(f"{folder}/")]

    def media_type(self, name: str) -> str:
        return self._members[name].pax_headers.get(MEDIA_TYPE, "application/octet-stream")

    def open(self, name: str) -> IO[bytes]:
        file = self._tar.extractfile(self._members[name])
        assert file is not None, "only plain files were let in"
        return file

    def _json(self, name: str) -> dict[str, Any]:
        if name not in self._members:
            raise Refused(
                f"The backup is not whole: {name} is missing.",
                hint="Take another backup; this one was cut short, or comes from another program.",
            )
        try:
            found = json.loads(self.open(name).read())
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise _damaged(name)
        return found

    def _check(self) -> None:
        sums = self.about.get("files")
        if not isinstance(sums, dict) or sums.keys() != self._members.keys() - {MANIFEST}:
            raise _damaged(MANIFEST)
        for name, sum_ in sums.items():
            if sum_ != {"bytes": self._members[name].size, "sha256": _digest(self.open(name))}:
                raise _damaged(name)


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """An archive, checked before anything is taken from it.

    Raises:
        Refused: it is none, is not whole, is damaged, or was written by a newer Safelight.
        Misconfigured: it cannot be opened.
    """
    with ExitStack() as stack:
        try:
            reader = Reader(stack.enter_context(tarfile.open(path, mode="r:")))
        except tarfile.TarError as error:
            hint = "`safelight backup FILE` writes one."
            raise Refused(f"The file {path} is no backup, or was cut short: {error}.", hint=hint) from error
        except OSError as error:
            why = error.strerror or error
            raise Misconfigured(f"The backup {path} cannot be read: {why}.", hint="Check its name.") from error
        yield reader


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        if not member.isreg():
            raise _damaged(member.name)
        yield member


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _damaged(name: str) -> Refused:
    return Refused(f"The backup is damaged at {name[:200]}.", hint="Nothing was restored; take another backup.")
