"""Pages by key instead of by number, so that nothing is shown twice when new rows arrive in between."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import RowMapping, Select, Table, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from safelight.domain.errors import InvalidRecipe

T = TypeVar("T")
LIMIT = 200


@dataclass(frozen=True)
class Page(Generic[T]):
    """A piece of a list. `next_cursor` fetches what follows; None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None


async def newest_first(
    engine: AsyncEngine,
    query: Select[Any],
    *,
    table: Table,
    limit: int,
    cursor: str | None,
    read: Callable[[RowMapping], T],
) -> Page[T]:
    """One page of `query`, ordered by `(created_at, id)` of `table`, newest first.

    Raises:
        InvalidRecipe: the limit is not from 1 to 200, or the cursor did not come from an earlier page.
    """
    check_limit(limit)
    key = tuple_(table.c.created_at, table.c.id)
    if cursor is not None:
        created_at, row_id = decode(cursor)
        query = query.where(
            key < tuple_(created_at, row_id, types=[table.c.created_at.type, table.c.id.type]),
        )
    # One more than asked for tells whether another page follows.
    query = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit + 1)
    async with engine.connect() as connection:
        rows = (await connection.execute(query)).mappings().all()
    shown = rows[:limit]
    more = len(rows) > limit
    return Page(
        items=tuple(read(row) for row in shown),
        next_cursor=encode(shown[-1]["created_at"], shown[-1]["id"]) if more else None,
    )


def check_limit(limit: int) -> None:
    """Raises InvalidRecipe where a page may not be so large, or so small."""
    if not 1 <= limit <= LIMIT:
        raise InvalidRecipe(
            f"A page cannot have {limit} items.",
            hint=f"Ask for 1 to {LIMIT}.",
            fields={"limit": f"must be from 1 to {LIMIT}"},
        )


def encode(created_at: datetime, row_id: str) -> str:
    return urlsafe_b64encode(f"{created_at.isoformat()} {row_id}".encode()).decode().rstrip("=")


def decode(cursor: str) -> tuple[datetime, str]:
    """Where a page ended.

    Raises:
        InvalidRecipe: the cursor is not one of ours.
    """
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, row_id = text.split(" ", 1)
        return datetime.fromisoformat(moment).astimezone(UTC), row_id
    except (ValueError, OverflowError) as error:
        raise InvalidRecipe(
            "The cursor is not one that this server gave out.",
            hint="Use `next_cursor` of the page before, or leave `cursor` out for the newest.",
            fields={"cursor": "is not a cursor"},
        ) from error
