"""Finished pictures: a row in SQL, the file and its thumbnail as blobs, the recipe inside of the file.

A row is first written as not whole, then the files, then the row is made whole. So a crash in between leaves nothing
that is shown, and `sweep` finds by the row what has to be removed.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any
from weakref import WeakValueDictionary

from PIL import Image as Pillow
from PIL import ImageOps
from sqlalchemy import ColumnElement, RowMapping, ScalarSelect, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from safelight.domain.errors import NotFound
from safelight.domain.picture import Picture, PictureRecord
from safelight.domain.pixels import Pixels
from safelight.domain.progress import Drawn
from safelight.domain.recipe import Recipe
from safelight.store import metadata
from safelight.store.blobs import Blobs
from safelight.store.decoding import opened
from safelight.store.names import file_name
from safelight.store.picture_rows import (
    COLUMNS,
    KEPT,
    MICROSECOND,
    TRASHED,
    WHOLE,
    moment_of,
    new_row,
    record,
    records,
    shown,
)
from safelight.store.records import Records
from safelight.store.schema import GENERATIONS, PICTURES
from safelight.store.thumbnails import thumbnail


class Pictures:
    """The gallery's shelf."""

    def __init__(self, records: Records, blobs: Blobs) -> None:
        self._engine = records.engine
        self._blobs = blobs
        self._locks: WeakValueDictionary[tuple[str, int], asyncio.Lock] = WeakValueDictionary()

    async def keep(self, *, generation: str, recipe: Recipe, drawn: Drawn, provider: str = "local") -> PictureRecord:
        """Keep one picture of a generation that `Records` knows. Keeping it again returns what is already there.

        The kept recipe is the one that draws this picture alone: its own seed, and a count of one.

        Raises:
            NotFound: no generation of that id is in the records.
        """
        lock = self._locks.setdefault((generation, drawn.picture), asyncio.Lock())
        async with lock:
            earlier = await self._earlier(generation, drawn.picture)
            if earlier is not None and earlier["whole"]:
                return await self.get(earlier["id"], workspace=earlier["workspace"])
            if earlier is not None:  # An attempt that was cut short.
                await self._remove(earlier)
            return await self._keep(generation, recipe, drawn, provider)

    async def _keep(self, generation: str, recipe: Recipe, drawn: Drawn, provider: str) -> PictureRecord:
        alone = recipe.model_copy(update={"seed": drawn.seed, "count": 1})
        image, small = await asyncio.to_thread(_prepare, drawn.image, alone)
        of = _workspace_of(generation)
        row = new_row(
            image=image, small=small, recipe=alone, workspace=of, generation=generation, picture=drawn.picture
        )
        return await self._write(row, image, small, provider=provider)

    async def take_in(self, data: bytes, *, workspace: str, known: Collection[str] = ()) -> PictureRecord:
        """Keep a PNG, JPEG or WebP that was made elsewhere, byte for byte, with the recipe that is noted inside of it.

        Args:
            known: ids of the models and adapters that a recipe can name here.

        Raises:
            UnusableImage: it cannot be decoded, or has too many pixels.
        """
        image, small, found = await asyncio.to_thread(_examine, data, known)
        row = new_row(
            image=image,
            small=small,
            recipe=found.recipe,
            workspace=workspace,
            origin=found.origin,
            notes=found.notes,
        )
        return await self._write(row, image, small, provider="imported")

    async def _write(self, row: dict[str, Any], image: Pixels, small: Pixels, *, provider: str) -> PictureRecord:
        await self._reserve(row, provider=provider)
        await self._blobs.put(row["blob"], image.data, image.media_type)
        await self._blobs.put(row["thumbnail"], small.data, small.media_type)
        await self._mark(row["id"], whole=True)
        return record(row)

    async def get(self, picture: str, *, workspace: str) -> PictureRecord:
        """One picture, in the trash or not.

        Raises:
            NotFound: there is none of that id.
        """
        row = await self._find(picture, workspace)
        async with self._engine.connect() as connection:
            return (await records(connection, [row]))[0]

    async def of(self, generation: str) -> tuple[Picture, ...]:
        """The pictures of one generation, in order of their index."""
        return (await self.of_many([generation]))[generation]

    async def of_many(self, generations: Sequence[str]) -> dict[str, tuple[Picture, ...]]:
        """The pictures of several generations with one query; every id asked for is a key of the answer."""
        query = select(*COLUMNS).where(KEPT, PICTURES.c.generation.in_(generations)).order_by(PICTURES.c.picture)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        found: dict[str, list[Picture]] = {generation: [] for generation in generations}
        for row in rows:
            found[row["generation"]].append(shown(row))
        return {generation: tuple(pictures) for generation, pictures in found.items()}

    async def drawn(self, generation: str) -> frozenset[int]:
        """Which pictures of a generation are kept, by their index."""
        query = select(PICTURES.c.picture).where(WHOLE, PICTURES.c.generation == generation)
        async with self._engine.connect() as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def file(self, picture: str, *, workspace: str) -> Pixels:
        """The picture itself, with its recipe inside.

        Raises:
            NotFound: there is none of that id, or its file was taken away.
        """
        row = await self._find(picture, workspace)
        data = await self._blobs.get(row["blob"])
        return Pixels(data=data, media_type=row["media_type"], width=row["width"], height=row["height"])

    async def thumbnail(self, picture: str, *, workspace: str) -> Pixels:
        """WebP of at most 256x256 pixels.

        Raises:
            NotFound: there is none of that id, or its file was taken away.
        """
        row = await self._find(picture, workspace)
        data = await self._blobs.get(row["thumbnail"])
        return Pixels(data=data, media_type="image/webp", width=row["thumbnail_width"], height=row["thumbnail_height"])

    async def link(self, picture: str, *, workspace: str, small: bool = False) -> str | None:
        """Where the file (or the thumbnail) can be had without asking this server; None where there is no such place.

        Raises:
            NotFound: there is none of that id.
        """
        row = await self._find(picture, workspace)
        return await self._blobs.link(row["thumbnail" if small else "blob"])

    async def mend(self, picture: str) -> None:
        """Make its thumbnail again, whosever it is.

        Raises:
            NotFound: there is none of that id, or its file was taken away.
        """
        row = _found(await self._row((PICTURES.c.id == picture) & WHOLE), picture)
        small = await asyncio.to_thread(thumbnail, await self._blobs.get(row["blob"]))
        with suppress(FileExistsError):
            await self._blobs.put(row["thumbnail"], small.data, small.media_type)

    async def delete(self, picture: str, *, workspace: str) -> None:
        """Remove the file, the thumbnail and the row. Nothing happens when the picture is not there."""
        await self._delete((PICTURES.c.id == picture) & (PICTURES.c.workspace == workspace))

    async def write_off(self, pictures: Collection[str]) -> None:
        """Remove what is left of pictures whose files are gone, whosever they were."""
        await self._delete(PICTURES.c.id.in_(pictures))

    async def empty_trash(self, *, before: datetime) -> int:
        """Remove for good what was put into any trash before a moment; how many that were."""
        return await self._delete(TRASHED & (PICTURES.c.deleted_at < before))

    async def _delete(self, condition: ColumnElement[bool]) -> int:
        query = update(PICTURES).where(condition).values(whole=False).returning(*COLUMNS)
        async with self._engine.begin() as connection:
            rows = (await connection.execute(query)).mappings().all()
        for row in rows:
            await self._remove(row)
        return len(rows)

    async def sweep(self, *, older_than: timedelta = timedelta()) -> int:
        """Remove what a crash left half written or half deleted; how many that were. For the start only.

        Args:
            older_than: what is younger may be another server's, which is just writing it.
        """
        left = select(*COLUMNS).where(~WHOLE, PICTURES.c.created_at <= datetime.now(UTC) - older_than)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(left)).mappings().all()
        for row in rows:
            await self._remove(row)
        return len(rows)

    async def _reserve(self, row: dict[str, Any], *, provider: str) -> None:
        """Insert the row, under a file name and at a moment that no other row has."""
        moment = datetime.now(UTC)
        prompt = row["recipe"]["prompt"] if row["recipe"] else ""
        while True:
            name = file_name(provider=provider, prompt=prompt, moment=moment, media_type=row["media_type"])
            folder = moment.strftime("%Y-%m")
            row.update(
                created_at=moment,
                moment=moment_of(moment),
                blob=f"{folder}/{name}",
                thumbnail=f"thumbnails/{folder}/{PurePosixPath(name).stem}.webp",
            )
            try:
                async with self._engine.begin() as connection:
                    await connection.execute(insert(PICTURES).values(row))
                return
            except IntegrityError as error:
                taken = (PICTURES.c.blob == row["blob"]) | (PICTURES.c.moment == row["moment"])
                if await self._row(taken) is None:
                    raise NotFound(
                        f"There is no generation '{row['generation']}' that the picture could belong to.",
                        hint="Add the generation to the records first.",
                    ) from error
                moment += MICROSECOND

    async def _mark(self, picture: str, *, whole: bool) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(update(PICTURES).where(PICTURES.c.id == picture).values(whole=whole))

    async def _remove(self, row: Mapping[str, Any] | RowMapping) -> None:
        # The row goes last: while it stands, the sweep still finds the files.
        await self._blobs.delete(row["blob"])
        await self._blobs.delete(row["thumbnail"])
        async with self._engine.begin() as connection:
            await connection.execute(delete(PICTURES).where(PICTURES.c.id == row["id"]))

    async def _earlier(self, generation: str, picture: int) -> RowMapping | None:
        return await self._row((PICTURES.c.generation == generation) & (PICTURES.c.picture == picture))

    async def _find(self, picture: str, workspace: str) -> RowMapping:
        own = PICTURES.c.workspace == workspace
        return _found(await self._row((PICTURES.c.id == picture) & own & WHOLE), picture)

    async def _row(self, condition: Any) -> RowMapping | None:
        async with self._engine.connect() as connection:
            return (await connection.execute(select(*COLUMNS).where(condition))).mappings().first()


def _found(row: RowMapping | None, picture: str) -> RowMapping:
    if row is None:
        raise NotFound(f"There is no picture '{picture}'.", hint="It may have been deleted; see /api/v1/pictures.")
    return row


def _workspace_of(generation: str) -> ScalarSelect[str]:
    """NULL, which no picture can have, where there is no such generation."""
    return select(GENERATIONS.c.workspace).where(GENERATIONS.c.id == generation).scalar_subquery()


def _prepare(image: Pixels, recipe: Recipe) -> tuple[Pixels, Pixels]:
    """The file with its recipe inside (where it is a PNG), and its thumbnail. Slow: for a thread."""
    small = thumbnail(image.data)
    if image.media_type != "image/png":
        return image, small
    data = metadata.embed(image.data, recipe)
    return Pixels(data=data, media_type=image.media_type, width=image.width, height=image.height), small


def _examine(data: bytes, known: Collection[str]) -> tuple[Pixels, Pixels, metadata.Found]:
    """What it is, its thumbnail, and how it was made. Slow: for a thread."""
    with opened(data) as image:
        width, height = ImageOps.exif_transpose(image).size
        pixels = Pixels(data, Pillow.MIME[image.format or "PNG"], width, height)
        found = metadata.found(image, known=known)
    return pixels, thumbnail(data), found
