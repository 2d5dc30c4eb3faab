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
from safelight.store.finish import Finish
from safelight.store.looking import Look, unseen
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
from safelight.store.records import Records, taken_over
from safelight.store.schema import GENERATIONS, PICTURES
from safelight.store.thumbnails import thumbnail

AT_ONCE = 500
"""Pictures of one statement, where there may be any number."""


class Pictures:
    """The gallery's shelf.

    Args:
        finish: what is done to pictures before they are kept.

    Attributes:
        look: is asked about every picture that somebody brings.
    """

    def __init__(self, records: Records, blobs: Blobs, finish: Finish | None = None) -> None:
        self._engine = records.engine
        self._blobs = blobs
        self.finish = finish or Finish()
        self.look: Look = unseen
        self._locks: WeakValueDictionary[tuple[str, int], asyncio.Lock] = WeakValueDictionary()

    @property
    def blobs(self) -> Blobs:
        """Where their files lie."""
        return self._blobs

    async def keep(
        self,
        *,
        generation: str,
        recipe: Recipe,
        drawn: Drawn,
        provider: str = "local",
        given: Mapping[str, bytes] | None = None,
        attempt: int | None = None,
    ) -> PictureRecord:
        """Keep one picture of a generation that `Records` knows. Keeping it again returns what is already there.

        The kept recipe is the one that draws this picture alone: its own seed, and a count of one.

        Args:
            given: the files that the recipe refers to, by their ids.
            attempt: on behalf of which attempt to draw it.

        Raises:
            NotFound: no generation of that id is in the records.
            TakenOver: another attempt was begun since.
        """
        lock = self._locks.setdefault((generation, drawn.picture), asyncio.Lock())
        async with lock:
            earlier = await self._earlier(generation, drawn.picture)
            if earlier is not None and earlier["whole"]:
                return await self.get(earlier["id"], workspace=earlier["workspace"])
            if earlier is not None:  # An attempt that was cut short.
                await self._remove(earlier)
            alone = recipe.model_copy(update={"seed": drawn.seed, "count": 1})
            made = await self.finish.of(drawn.image, alone, provider=provider, given=given, sealed=drawn.sealed)
            row = new_row(
                image=made.image,
                small=made.small,
                recipe=alone,
                workspace=_workspace_of(generation, attempt),
                generation=generation,
                picture=drawn.picture,
                mark=made.mark,
            )
            try:
                return await self._write(row, made.image, made.small, provider=provider)
            except NotFound as error:
                raise error if attempt is None else taken_over(generation) from error

    async def take_in(
        self, data: bytes, *, workspace: str, caller: str | None = None, known: Collection[str] = ()
    ) -> PictureRecord:
        """Keep a PNG, JPEG or WebP that was made elsewhere, byte for byte, with the recipe that is noted inside of it.

        Args:
            caller: who imports it.
            known: ids of the models and adapters that a recipe can name here.

        Raises:
            UnusableImage: it cannot be decoded, or has too many pixels.
            NotAllowed: moderation refuses it.
        """
        image, small, found = await asyncio.to_thread(_examine, data, known)
        await self.look(data, workspace=workspace, caller=caller)
        row = new_row(
            image=image,
            small=small,
            recipe=found.recipe,
            workspace=workspace,
            caller=caller,
            origin=found.origin,
            notes=found.notes,
        )
        return await self._write(row, image, small, provider="imported")

    async def _write(self, row: dict[str, Any], image: Pixels, small: Pixels, *, provider: str) -> PictureRecord:
        await self._reserve(row, provider=provider)
        await self._blobs.put(row["blob"], image.data, image.media_type)
        await self._blobs.put(row["thumbnail"], small.data, small.media_type)
        if not await self._complete(row["id"]):
            # Somebody who draws the same picture took this for an attempt that was cut short.
            await self._remove(row)
            raise NotFound("The row of the picture is gone.", hint="Another server keeps the same one.")
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

    async def empty_trash(self, *, before: datetime, where: ColumnElement[bool] | None = None) -> int:
        """Remove for good what was put into the trash before a moment; how many that were.

        Args:
            where: of which pictures; left out, of all.
        """
        old = TRASHED & (PICTURES.c.deleted_at < before)
        return await self.remove(old if where is None else old & where)

    async def remove(self, condition: ColumnElement[bool]) -> int:
        """Remove for good whatever a condition on their table holds for, whosever it is; how many that were."""
        removed = 0
        while True:
            some = select(PICTURES.c.id).where(condition).limit(AT_ONCE)
            gone = await self._delete(PICTURES.c.id.in_(some))
            removed += gone
            if gone < AT_ONCE:
                return removed

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

    async def _complete(self, picture: str) -> bool:
        """All of it is there now; False where its row was taken away meanwhile."""
        async with self._engine.begin() as connection:
            whole = update(PICTURES).where(PICTURES.c.id == picture).values(whole=True)
            return bool((await connection.execute(whole)).rowcount)

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


def _workspace_of(generation: str, attempt: int | None) -> ScalarSelect[str]:
    """NULL, which no picture can have, where there is no such generation, or it is drawn by another attempt."""
    query = select(GENERATIONS.c.workspace).where(GENERATIONS.c.id == generation)
    return (query if attempt is None else query.where(GENERATIONS.c.attempt == attempt)).scalar_subquery()


def _examine(data: bytes, known: Collection[str]) -> tuple[Pixels, Pixels, metadata.Found]:
    """What it is, its thumbnail, and how it was made. Slow: for a thread."""
    with opened(data) as image:
        width, height = ImageOps.exif_transpose(image).size
        pixels = Pixels(data, Pillow.MIME[image.format or "PNG"], width, height)
        found = metadata.found(image, known=known)
    return pixels, thumbnail(data), found
