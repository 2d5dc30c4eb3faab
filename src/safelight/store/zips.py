"""Pictures as one zip, made while it is sent: at no time is there more of it in memory than one picture."""

import json
import zipfile
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import suppress
from io import RawIOBase
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import Any

from safelight.domain.errors import NotFound
from safelight.domain.picture import PictureRecord
from safelight.store.pictures import Pictures

RECIPES = "recipes.json"
IN_MEMORY = 2**20
"""Bytes of recipes above which they wait on disk until the pictures are through."""
PIECE = 2**18


class Outlet(RawIOBase):
    """Where the zip is written: what has been written is taken away at once. It cannot go back, and says so."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


async def zipped(
    pictures: Pictures, chosen: AsyncIterable[PictureRecord], *, workspace: str
) -> AsyncGenerator[bytes, None]:
    """The zip in pieces: each picture under its own file name, and at the end `recipes.json` with all that is known
    about them. A picture whose file is gone is listed there with `"file": null`."""
    outlet, names = Outlet(), set[str]()
    with (
        zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive,
        SpooledTemporaryFile(max_size=IN_MEMORY) as recipes,
    ):
        async for picture in chosen:
            entry, file = _entry(_free_name(picture.file_name, names), picture), None
            with suppress(NotFound):
                data = (await pictures.file(picture.id, workspace=workspace)).data
                file = entry.filename
                archive.writestr(entry, data)
                yield outlet.take()
            document = json.dumps({"file": file, **picture.model_dump(mode="json")}, ensure_ascii=False)
            recipes.write((",\n" if recipes.tell() else "[\n").encode() + document.encode())
        recipes.write(b"\n]\n" if recipes.tell() else b"[]\n")
        recipes.seek(0)
        with archive.open(zipfile.ZipInfo(RECIPES), "w", force_zip64=True) as listing:
            while piece := recipes.read(PIECE):
                listing.write(piece)
                yield outlet.take()
    yield outlet.take()


def _entry(name: str, picture: PictureRecord) -> zipfile.ZipInfo:
    # A zip knows no year before 1980 and no half seconds.
    return zipfile.ZipInfo(name, date_time=max(picture.created_at.timetuple()[:6], (1980, 1, 1, 0, 0, 0)))


def _free_name(name: str, taken: set[str]) -> str:
    """A name that no other file of the zip has, on systems that do not tell capitals either."""
    path, number, free = PurePosixPath(name), 1, name
    while free.casefold() in taken or free == RECIPES:
        number += 1
        free = f"{path.stem} ({number}){path.suffix}"
    taken.add(free.casefold())
    return free
