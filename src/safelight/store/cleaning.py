"""Finds what does not belong together any more, and tidies it up: files without a row, rows without their file.

Crashes leave neither behind for long (see `pictures.py`); a disk that was brought back from elsewhere, or files that
somebody took away by hand, do.
"""

from collections.abc import Container, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from safelight.domain.errors import NotFound, Refused
from safelight.store.blobs import Blob, Blobs
from safelight.store.decoding import UNREADABLE
from safelight.store.opening import Store
from safelight.store.schema import INPUTS, PICTURES

YOUNG = timedelta(hours=1)
"""A file as young as that is left alone: whoever gives an image once more may count on it."""


@dataclass(frozen=True, kw_only=True)
class Untidy:
    """What does not belong together.

    Attributes:
        files: pictures and thumbnails that no row knows.
        given: the same, of images that were given.
        pictures: ids of rows whose file is gone: there is nothing left to show.
        thumbnails: ids of rows whose thumbnail is gone: it can be made again.
        inputs: ids of given images whose file is gone: they have to be given again.
    """

    files: tuple[Blob, ...]
    given: tuple[Blob, ...]
    pictures: tuple[str, ...]
    thumbnails: tuple[str, ...]
    inputs: tuple[str, ...]


async def look(store: Store, *, young: timedelta = YOUNG) -> Untidy:
    """What there is to tidy up. The server may run meanwhile.

    Raises:
        Refused: rows and files have nothing to do with each other, so that one of them is the wrong place.
    """
    # A row is written before its file. So a file that was there first, and still has no row, will never get one.
    files = {blob.key: blob async for blob in store.files.listed()}
    given = {blob.key: blob async for blob in store.given.listed()}
    async with store.records.engine.connect() as connection:
        pictures = (
            await connection.execute(select(PICTURES.c.id, PICTURES.c.whole, PICTURES.c.blob, PICTURES.c.thumbnail))
        ).all()
        inputs = (await connection.execute(select(INPUTS.c.id, INPUTS.c.whole))).all()
    known = {key for row in pictures for key in (row.blob, row.thumbnail)}
    if (files or any(row.whole for row in pictures)) and known.isdisjoint(files):
        raise Refused(
            f"None of the {len(files)} files belongs to any of the {len(pictures)} pictures in the database.",
            hint="Look whether the disk is there, and whether this is the right home, bucket and database.",
        )
    gone = await _gone(store.files, files, {row.id: row.blob for row in pictures if row.whole})
    bare = {row.id: row.thumbnail for row in pictures if row.whole and row.id not in gone}
    return Untidy(
        files=_strange(files, known, young),
        given=_strange(given, {row.id for row in inputs}, young),
        pictures=gone,
        thumbnails=await _gone(store.files, files, bare),
        inputs=await _gone(store.given, given, {row.id: row.id for row in inputs if row.whole}),
    )


async def tidy(store: Store, untidy: Untidy) -> None:
    """Take away, make again, or mark as to be given again."""
    for blobs, strange in ((store.files, untidy.files), (store.given, untidy.given)):
        for blob in strange:
            await blobs.delete(blob.key)
    await store.pictures.write_off(untidy.pictures)
    for picture in untidy.thumbnails:
        with suppress(NotFound, *UNREADABLE):  # Taken away meanwhile, or damaged: then there is none to be had.
            await store.pictures.mend(picture)
    async with store.records.engine.begin() as connection:
        for image in untidy.inputs:
            await connection.execute(update(INPUTS).where(INPUTS.c.id == image).values(whole=False))


def _strange(found: Mapping[str, Blob], known: Container[str], young: timedelta) -> tuple[Blob, ...]:
    before = datetime.now(UTC) - young
    return tuple(blob for key, blob in found.items() if key not in known and blob.modified_at <= before)


async def _gone(blobs: Blobs, found: Container[str], wanted: Mapping[str, str]) -> tuple[str, ...]:
    """The ids of rows whose file was not found, nor is it there by now."""
    gone = []
    for row, key in wanted.items():
        if key not in found:
            try:
                await blobs.get(key)
            except NotFound:
                gone.append(row)
    return tuple(gone)
