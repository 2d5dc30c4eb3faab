"""The gallery: finding pictures among a hundred thousand, and keeping them in order.

Every list is ordered by `moment`, which no two pictures share, so a cursor is a moment, and each filter has an index
that ends in it. The full text is asked for the moments that match, and joins the other filters as one more.
"""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Update, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from safelight.domain.errors import NotFound
from safelight.domain.gallery import Action, Bulk, Change, Counted, Done, Sort, TagMatch, Wanted
from safelight.domain.picture import PictureRecord
from safelight.domain.storage import Heap
from safelight.store.cursor import LIMIT, Page, check_limit, decode, encode
from safelight.store.dialects import Near, begin_writing, insert_new, looks_near, matches, order
from safelight.store.picture_rows import COLUMNS, KEPT, TRASHED, WHOLE, moment_of, records
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.schema import PICTURE_TAGS, PICTURES
from safelight.store.words import parse

GONE = "There is no such picture."
EXACT = ("model", "sampler", "seed", "width", "height", "favourite", "generation", "origin")


class Gallery:
    """What is known about the pictures, beside the pictures themselves."""

    def __init__(self, records: Records, pictures: Pictures) -> None:
        self._engine = records.engine
        self._pictures = pictures

    async def weight(self, *, workspace: str) -> Heap:
        """How many pictures of a workspace are kept outside of the trash, and their bytes."""
        query = select(func.count(), func.coalesce(func.sum(PICTURES.c.bytes), 0)).where(_in(workspace), KEPT)
        async with self._engine.connect() as connection:
            count, size = (await connection.execute(query)).one()
        return Heap(count=count, bytes=int(size))

    async def marked(self, mark: int, *, workspace: str) -> tuple[str, ...]:
        """Ids of the pictures that have this mark in their pixels, newest first, up to ten."""
        query = select(PICTURES.c.id).where(_in(workspace), KEPT, PICTURES.c.mark == mark)
        async with self._engine.connect() as connection:
            newest = query.order_by(PICTURES.c.moment.desc()).limit(10)
            return tuple((await connection.execute(newest)).scalars())

    async def page(
        self, wanted: Wanted | None = None, *, workspace: str, limit: int = 50, cursor: str | None = None
    ) -> Page[PictureRecord]:
        """Those of a workspace's pictures that are wanted, in pages of 1 to 200.

        Raises:
            InvalidRecipe: the limit or the cursor is not valid.
        """
        wanted = wanted or Wanted()
        check_limit(limit)
        near = Near(None if cursor is None else moment_of(decode(cursor)[0]), newest=wanted.sort is Sort.NEWEST)
        async with self._engine.connect() as connection:
            # One more than asked for tells whether another page follows.
            rows = await _rows(connection, wanted, near, workspace=workspace, limit=limit + 1)
            items = await records(connection, rows[:limit])
        more = len(rows) > limit
        return Page(items=items, next_cursor=encode(items[-1].created_at, items[-1].id) if more else None)

    async def all(self, wanted: Wanted, *, workspace: str) -> AsyncGenerator[PictureRecord, None]:
        """Every picture that is wanted, however many, a page at a time."""
        cursor: str | None = None
        while True:
            page = await self.page(wanted, workspace=workspace, limit=LIMIT, cursor=cursor)
            for item in page.items:
                yield item
            if (cursor := page.next_cursor) is None:
                return

    async def some(self, ids: Sequence[str], *, workspace: str) -> tuple[PictureRecord, ...]:
        """Pictures by their ids, in that order.

        Raises:
            NotFound: one of them is not there.
        """
        async with self._engine.connect() as connection:
            query = select(*COLUMNS).where(WHOLE, _in(workspace), PICTURES.c.id.in_(ids))
            rows = (await connection.execute(query)).mappings().all()
            found = {one.id: one for one in await records(connection, rows)}
        for missing in [one for one in ids if one not in found]:
            raise NotFound(f"There is no picture '{missing}'.", hint="It may have been deleted; see /api/v1/pictures.")
        return tuple(found[one] for one in dict.fromkeys(ids))

    async def change(self, picture: str, change: Change, *, workspace: str) -> PictureRecord:
        """Set its tags, its folder, or whether it is a favourite.

        Raises:
            NotFound: there is none of that id.
        """
        given = change.model_fields_set
        async with self._engine.begin() as connection:
            moments = await _held(connection, [picture], workspace)
            if values := {name: getattr(change, name) for name in ("favourite", "folder") if name in given}:
                await connection.execute(update(PICTURES).where(PICTURES.c.id.in_(moments)).values(values))
            if "tags" in given:
                await connection.execute(delete(PICTURE_TAGS).where(PICTURE_TAGS.c.moment.in_(moments.values())))
                await self._tag(connection, moments.values(), change.tags)
        return await self._pictures.get(picture, workspace=workspace)

    async def do(self, bulk: Bulk, *, workspace: str) -> tuple[Done, ...]:
        """One action on many pictures; what became of each, in their order."""
        ids = tuple(dict.fromkeys(bulk.ids))
        async with self._engine.begin() as connection:
            moments = await _held(connection, ids, workspace)
            await self._act(connection, moments, bulk)
        if bulk.action is Action.DELETE and bulk.forever:
            for picture in moments:
                await self._pictures.delete(picture, workspace=workspace)
        return tuple(Done(id=one, done=one in moments, detail="" if one in moments else GONE) for one in ids)

    async def discard(self, picture: str, *, workspace: str) -> None:
        """Put it into the trash. Nothing happens when it is not there."""
        async with self._engine.begin() as connection:
            await connection.execute(_into_trash((PICTURES.c.id == picture) & _in(workspace)))

    async def tags(self, *, workspace: str) -> tuple[Counted, ...]:
        """Every tag of a workspace, the most used first."""
        on_pictures = PICTURE_TAGS.join(PICTURES, PICTURES.c.moment == PICTURE_TAGS.c.moment)
        query = select(PICTURE_TAGS.c.tag, func.count()).select_from(on_pictures)
        return await self._counted(query.where(_in(workspace)), PICTURE_TAGS.c.tag)

    async def folders(self, *, workspace: str) -> tuple[Counted, ...]:
        """Every folder of a workspace, the fullest first."""
        in_folders = select(PICTURES.c.folder, func.count()).where(PICTURES.c.folder.is_not(None))
        return await self._counted(in_folders.where(_in(workspace)), PICTURES.c.folder)

    async def _counted(self, query: Any, name: ColumnElement[Any]) -> tuple[Counted, ...]:
        query = query.where(KEPT).group_by(name).order_by(func.count().desc(), name)
        async with self._engine.connect() as connection:
            return tuple(Counted(name=found, pictures=count) for found, count in await connection.execute(query))

    async def _act(self, connection: AsyncConnection, moments: dict[str, int], bulk: Bulk) -> None:
        found = PICTURES.c.id.in_(moments)
        match bulk.action:
            case Action.TAG:
                await self._tag(connection, moments.values(), bulk.tags)
            case Action.UNTAG:
                tagged = PICTURE_TAGS.c.moment.in_(moments.values()) & PICTURE_TAGS.c.tag.in_(bulk.tags)
                await connection.execute(delete(PICTURE_TAGS).where(tagged))
            case Action.FAVOURITE:
                await connection.execute(update(PICTURES).where(found).values(favourite=bulk.favourite))
            case Action.MOVE:
                await connection.execute(update(PICTURES).where(found).values(folder=bulk.folder))
            case Action.RESTORE:
                await connection.execute(update(PICTURES).where(found).values(deleted_at=None))
            case Action.DELETE:
                await connection.execute(_into_trash(found))

    async def _tag(self, connection: AsyncConnection, moments: Any, tags: Sequence[str]) -> None:
        rows = [{"moment": moment, "tag": tag} for moment in moments for tag in dict.fromkeys(tags)]
        if rows:
            await connection.execute(insert_new(connection.dialect, PICTURE_TAGS), rows)


async def _rows(
    connection: AsyncConnection, wanted: Wanted, near: Near, *, workspace: str, limit: int
) -> Sequence[RowMapping]:
    moment, search = PICTURES.c.moment, parse(wanted.q)
    by = await order(connection, PICTURES, search)
    query = select(*COLUMNS).where(_in(workspace), *_conditions(wanted)).limit(limit)
    query = query.order_by(by.desc() if near.newest else by.asc())
    if near.last is not None:
        query = query.where(moment < near.last if near.newest else moment > near.last)
    if looks_near(connection.dialect, search):
        first = query.where(matches(connection.dialect, PICTURES, search, near))
        rows = (await connection.execute(first)).mappings().all()
        if len(rows) == limit:
            return rows
    query = query.where(matches(connection.dialect, PICTURES, search))
    return (await connection.execute(query)).mappings().all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    columns, moment = PICTURES.c, PICTURES.c.moment
    found: list[ColumnElement[bool]] = [TRASHED if wanted.trash else KEPT]
    for name in EXACT:
        if (value := getattr(wanted, name)) is not None:
            found.append(columns[name].is_(value) if isinstance(value, bool) else columns[name] == value)
    if wanted.since is not None:
        found.append(moment >= moment_of(wanted.since))
    if wanted.until is not None:
        found.append(moment < moment_of(wanted.until))
    if wanted.folder is not None:
        found.append(columns.folder == wanted.folder if wanted.folder else columns.folder.is_(None))
    found += _tagged(wanted)
    return found


def _in(workspace: str) -> ColumnElement[bool]:
    return PICTURES.c.workspace == workspace


def _into_trash(found: ColumnElement[bool]) -> Update:
    # What lies there already keeps the day on which it was put there.
    return update(PICTURES).where(found, PICTURES.c.deleted_at.is_(None)).values(deleted_at=datetime.now(UTC))


def _tagged(wanted: Wanted) -> list[ColumnElement[bool]]:
    names = sorted({tag.strip().lower() for tag in wanted.tag})
    groups = [names] if wanted.tags is TagMatch.ANY else [[name] for name in names]
    tagged = select(PICTURE_TAGS.c.moment)
    return [PICTURES.c.moment.in_(tagged.where(PICTURE_TAGS.c.tag.in_(group))) for group in groups if group]


async def _held(connection: AsyncConnection, ids: Sequence[str], workspace: str) -> dict[str, int]:
    """Those of the pictures that a workspace has, by their ids. They stay there until the transaction ends."""
    await begin_writing(connection)
    # All in one order, so that no two transactions wait for each other.
    own = WHOLE & _in(workspace) & PICTURES.c.id.in_(ids)
    query = select(PICTURES.c.id, PICTURES.c.moment).where(own).order_by(PICTURES.c.id).with_for_update()
    return {row.id: row.moment for row in await connection.execute(query)}
