"""Links under which somebody without an account sees one picture, until they expire or are revoked."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, RowMapping, delete, insert, or_, select

from safelight.domain.errors import NotFound
from safelight.domain.gallery import NewShareLink, ShareLink, ShareWish
from safelight.domain.links import share_url
from safelight.store.picture_rows import KEPT
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.schema import PICTURES, SHARES

COLUMNS = [column for column in SHARES.c if column not in (SHARES.c.token, SHARES.c.caller)]


class Shares:
    """The links, by the hashes of their tokens: no list of them opens a picture."""

    def __init__(self, records: Records, pictures: Pictures) -> None:
        self._engine = records.engine
        self._pictures = pictures

    async def make(self, picture: str, wish: ShareWish, *, workspace: str, caller: str | None = None) -> NewShareLink:
        """A new link to a picture.

        Args:
            caller: who makes it.

        Raises:
            NotFound: there is no such picture.
        """
        await self._pictures.get(picture, workspace=workspace)
        token, now = secrets.token_urlsafe(32), datetime.now(UTC)
        link = ShareLink(
            id=f"shr_{secrets.token_hex(12)}",
            picture=picture,
            include_recipe=wish.include_recipe,
            include_credentials=wish.include_credentials,
            created_at=now,
            expires_at=None if wish.expires_in is None else now + timedelta(seconds=wish.expires_in),
        )
        async with self._engine.begin() as connection:
            await connection.execute(insert(SHARES).values(**link.model_dump(), token=_hash(token), caller=caller))
        return NewShareLink(**link.model_dump(), url=share_url(token))

    async def open(self, token: str) -> tuple[ShareLink, str]:
        """The link of a token, and the workspace that its picture is in: the token lets in whoever has it.

        Raises:
            NotFound: there is none, it has expired or was revoked, or its picture is in the trash.
        """
        shown = select(*COLUMNS, PICTURES.c.workspace).join(PICTURES, PICTURES.c.id == SHARES.c.picture)
        query = shown.where(SHARES.c.token == _hash(token), _in_force(), KEPT)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            raise NotFound("This link shows nothing any more.", hint="Ask whoever gave it to you for a new one.")
        return _link(row), row["workspace"]

    async def listed(self, picture: str | None = None, *, workspace: str) -> tuple[ShareLink, ...]:
        """The links of a workspace that are in force, of one picture or of all, newest first."""
        query = (
            select(*COLUMNS).where(_in_force(), _within(workspace)).order_by(SHARES.c.created_at.desc(), SHARES.c.id)
        )
        if picture is not None:
            query = query.where(SHARES.c.picture == picture)
        async with self._engine.connect() as connection:
            return tuple(_link(row) for row in (await connection.execute(query)).mappings())

    async def revoke(self, link: str, *, workspace: str) -> None:
        """From now on it shows nothing. Nothing happens when it is not there."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(SHARES).where(SHARES.c.id == link, _within(workspace)))

    async def sweep(self) -> int:
        """Forget the links that have expired; how many those were."""
        async with self._engine.begin() as connection:
            return (await connection.execute(delete(SHARES).where(~_in_force()))).rowcount


def _link(row: RowMapping) -> ShareLink:
    return ShareLink(**{column.name: row[column.name] for column in COLUMNS})


def _within(workspace: str) -> ColumnElement[bool]:
    """A link is where its picture is."""
    return SHARES.c.picture.in_(select(PICTURES.c.id).where(PICTURES.c.workspace == workspace))


def _in_force() -> ColumnElement[bool]:
    return or_(SHARES.c.expires_at.is_(None), SHARES.c.expires_at > datetime.now(UTC))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
