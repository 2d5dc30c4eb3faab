"""Rows of the table of pictures, as values: into them and out of them again."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import RowMapping, ScalarSelect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from safelight.domain.links import picture_file_url, thumbnail_url
from safelight.domain.picture import Origin, Picture, PictureRecord
from safelight.domain.pixels import Pixels
from safelight.domain.recipe import Recipe
from safelight.store.schema import PICTURE_TAGS, PICTURES
from safelight.store.words import of_prompts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
COLUMNS = tuple(column for column in PICTURES.c if column is not PICTURES.c.words)
"""What is read: the words are there to be searched only."""
WHOLE = PICTURES.c.whole.is_(True)
KEPT = WHOLE & PICTURES.c.deleted_at.is_(None)
"""Whole, and not in the trash."""
TRASHED = WHOLE & PICTURES.c.deleted_at.is_not(None)


def moment_of(when: datetime) -> int:
    """Microseconds since 1970."""
    return (when - EPOCH) // MICROSECOND


def new_row(
    *,
    image: Pixels,
    small: Pixels,
    recipe: Recipe | None,
    workspace: str | ScalarSelect[str],
    generation: str | None = None,
    caller: str | None = None,
    picture: int = 0,
    origin: Origin = Origin.DRAWN,
    notes: Sequence[str] = (),
    mark: int | None = None,
) -> dict[str, Any]:
    """A row that is not whole yet, and has no name and moment."""
    return {
        "id": f"pic_{secrets.token_hex(12)}",
        "workspace": workspace,
        "generation": generation,
        "caller": caller,
        "picture": picture,
        "whole": False,
        "recipe": None if recipe is None else recipe.model_dump(mode="json"),
        "seed": None if recipe is None else recipe.seed,
        "model": None if recipe is None else recipe.model,
        "sampler": None if recipe is None else recipe.sampler,
        "words": [] if recipe is None else of_prompts(recipe.prompt, recipe.negative_prompt),
        "origin": origin.value,
        "notes": list(notes),
        "favourite": False,
        "folder": None,
        "deleted_at": None,
        "width": image.width,
        "height": image.height,
        "media_type": image.media_type,
        "bytes": len(image.data),
        "thumbnail_width": small.width,
        "thumbnail_height": small.height,
        "mark": mark,
    }


def shown(row: Mapping[str, Any] | RowMapping) -> Picture:
    """A drawn picture, as its generation shows it."""
    return Picture(**_shown(row), seed=row["seed"])


def record(row: Mapping[str, Any] | RowMapping, tags: Sequence[str] = ()) -> PictureRecord:
    return PictureRecord(
        **_shown(row),
        **{name: row[name] for name in ("seed", "generation", "media_type", "bytes", "created_at")},
        **{name: row[name] for name in ("favourite", "folder", "deleted_at")},
        file_name=PurePosixPath(row["blob"]).name,
        recipe=None if row["recipe"] is None else Recipe.model_validate(row["recipe"]),
        origin=Origin(row["origin"]),
        notes=tuple(row["notes"]),
        tags=tuple(tags),
    )


async def records(connection: AsyncConnection, rows: Sequence[RowMapping]) -> tuple[PictureRecord, ...]:
    """The rows with their tags, which take one query for all of them."""
    moments = [row["moment"] for row in rows]
    query = select(PICTURE_TAGS).where(PICTURE_TAGS.c.moment.in_(moments)).order_by(PICTURE_TAGS.c.tag)
    tags: dict[int, list[str]] = {moment: [] for moment in moments}
    for tag, moment in await connection.execute(query):
        tags[moment].append(tag)
    return tuple(record(row, tags[row["moment"]]) for row in rows)


def _shown(row: Mapping[str, Any] | RowMapping) -> dict[str, Any]:
    return {
        "id": row["id"],
        "url": picture_file_url(row["id"]),
        "thumbnail_url": thumbnail_url(row["id"]),
        "width": row["width"],
        "height": row["height"],
    }
