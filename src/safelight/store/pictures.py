"""Finished pictures: a row in SQL, the file and its thumbnail as blobs, the recipe inside of the file.

A row is first written as not whole, then the files, then the row is made whole. So a crash in between leaves nothing
that is shown, and `sweep` finds by the row what has to be removed.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import RowMapping, ScalarSelect, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from safelight.domain.errors import NotFound
from safelight.domain.links import picture_file_url, thumbnail_url
from safelight.domain.picture import Picture, PictureRecord
from safelight.domain.pixels import Pixels
from safelight.domain.progress import Drawn
from safelight.domain.recipe import Recipe
from safelight.store import metadata
from safelight.store.blobs import Blobs
from safelight.store.cursor import Page, newest_first
from safelight.store.names import file_name
from safelight.store.records import Records
from safelight.store.schema import GENERATIONS, PICTURES
from safelight.store.thumbnails import thumbnail

WHOLE = PICTURES.c.whole.is_(True)


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
                return _record(earlier)
            if earlier is not None:  # An attempt that was cut short.
                await self._remove(earlier)
            return await self._keep(generation, recipe, drawn, provider)

    async def _keep(self, generation: str, recipe: Recipe, drawn: Drawn, provider: str) -> PictureRecord:
        alone = recipe.model_copy(update={"seed": drawn.seed, "count": 1})
        image, small = await asyncio.to_thread(_prepare, drawn.image, alone)
        row = _row(generation=generation, drawn=drawn, image=image, small=small, recipe=alone)
        await self._reserve(row, prompt=recipe.prompt, provider=provider)
        await self._blobs.put(row["blob"], image.data, image.media_type)
        await self._blobs.put(row["thumbnail"], small.data, small.media_type)
        await self._mark(row["id"], whole=True)
        return _record(row)

    async def get(self, picture: str, *, workspace: str) -> PictureRecord:
        """One picture.

        Raises:
            NotFound: there is none of that id.
        """
        return _record(await self._find(picture, workspace))

    async def page(self, *, workspace: str, limit: int = 50, cursor: str | None = None) -> Page[PictureRecord]:
        """Those of a workspace, newest first, in pages of 1 to 200.

        Raises:
            InvalidRecipe: the limit or the cursor is not valid.
        """
        query = select(PICTURES).where(WHOLE, PICTURES.c.workspace == workspace)
        return await newest_first(self._engine, query, table=PICTURES, limit=limit, cursor=cursor, read=_record)

    async def of(self, generation: str) -> tuple[Picture, ...]:
        """The pictures of one generation, in order of their index."""
        return (await self.of_many([generation]))[generation]

    async def of_many(self, generations: Sequence[str]) -> dict[str, tuple[Picture, ...]]:
        """The pictures of several generations with one query; every id asked for is a key of the answer."""
        query = select(PICTURES).where(WHOLE, PICTURES.c.generation.in_(generations)).order_by(PICTURES.c.picture)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        found: dict[str, list[Picture]] = {generation: [] for generation in generations}
        for row in rows:
            found[row["generation"]].append(_picture(row))
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

    async def delete(self, picture: str, *, workspace: str) -> None:
        """Remove the file, the thumbnail and the row. Nothing happens when the picture is not there."""
        row = await self._row((PICTURES.c.id == picture) & (PICTURES.c.workspace == workspace))
        if row is not None:
            await self._mark(picture, whole=False)
            await self._remove(row)

    async def sweep(self) -> int:
        """Remove what a crash left half written or half deleted; how many that were. For the start only."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(select(PICTURES).where(~WHOLE))).mappings().all()
        for row in rows:
            await self._remove(row)
        return len(rows)

    async def _reserve(self, row: dict[str, Any], *, prompt: str, provider: str) -> None:
        """Insert the row, under a file name that no other row has."""
        moment: datetime = row["created_at"]
        while True:
            name = file_name(provider=provider, prompt=prompt, moment=moment, media_type=row["media_type"])
            folder = moment.strftime("%Y-%m")
            row.update(
                created_at=moment,
                blob=f"{folder}/{name}",
                thumbnail=f"thumbnails/{folder}/{PurePosixPath(name).stem}.webp",
            )
            try:
                async with self._engine.begin() as connection:
                    await connection.execute(insert(PICTURES).values({**row, "workspace": _workspace_of(row)}))
                return
            except IntegrityError as error:
                if await self._row(PICTURES.c.blob == row["blob"]) is None:
                    raise NotFound(
                        f"There is no generation '{row['generation']}' that the picture could belong to.",
                        hint="Add the generation to the records first.",
                    ) from error
                moment += timedelta(microseconds=1)

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
        row = await self._row((PICTURES.c.id == picture) & (PICTURES.c.workspace == workspace) & WHOLE)
        if row is None:
            raise NotFound(f"There is no picture '{picture}'.", hint="It may have been deleted; see /api/v1/pictures.")
        return row

    async def _row(self, condition: Any) -> RowMapping | None:
        async with self._engine.connect() as connection:
            return (await connection.execute(select(PICTURES).where(condition))).mappings().first()


def _prepare(image: Pixels, recipe: Recipe) -> tuple[Pixels, Pixels]:
    """The file with its recipe inside (where it is a PNG), and its thumbnail. Slow: for a thread."""
    small = thumbnail(image.data)
    if image.media_type != "image/png":
        return image, small
    data = metadata.embed(image.data, recipe)
    return Pixels(data=data, media_type=image.media_type, width=image.width, height=image.height), small


def _workspace_of(row: Mapping[str, Any]) -> ScalarSelect[str]:
    """That of its generation. NULL, which no picture can have, where there is no such generation."""
    return select(GENERATIONS.c.workspace).where(GENERATIONS.c.id == row["generation"]).scalar_subquery()


def _row(*, generation: str, drawn: Drawn, image: Pixels, small: Pixels, recipe: Recipe) -> dict[str, Any]:
    return {
        "id": f"pic_{secrets.token_hex(12)}",
        "generation": generation,
        "picture": drawn.picture,
        "whole": False,
        "created_at": datetime.now(UTC),
        "recipe": recipe.model_dump(mode="json"),
        "seed": drawn.seed,
        "width": image.width,
        "height": image.height,
        "media_type": image.media_type,
        "bytes": len(image.data),
        "thumbnail_width": small.width,
        "thumbnail_height": small.height,
    }


def _picture(row: Mapping[str, Any] | RowMapping) -> Picture:
    return Picture(
        id=row["id"],
        url=picture_file_url(row["id"]),
        thumbnail_url=thumbnail_url(row["id"]),
        width=row["width"],
        height=row["height"],
        seed=row["seed"],
    )


def _record(row: Mapping[str, Any] | RowMapping) -> PictureRecord:
    return PictureRecord(
        **_picture(row).model_dump(),
        generation=row["generation"],
        file_name=PurePosixPath(row["blob"]).name,
        media_type=row["media_type"],
        bytes=row["bytes"],
        created_at=row["created_at"],
        recipe=Recipe.model_validate(row["recipe"]),
    )
