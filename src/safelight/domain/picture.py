"""A finished picture, as the gallery and the `finished` event show it."""

from datetime import datetime
from enum import StrEnum

from safelight.domain.frozen import Frozen
from safelight.domain.recipe import Recipe


class Shown(Frozen):
    """Where a picture is, and how large."""

    id: str
    url: str
    thumbnail_url: str
    width: int
    height: int


class Picture(Shown):
    """A finished picture that is kept in the store."""

    seed: int


class Origin(StrEnum):
    """Where a picture comes from: drawn here, or imported with what some program noted inside of it."""

    DRAWN = "drawn"
    SAFELIGHT = "safelight"
    A1111 = "a1111"
    COMFYUI = "comfyui"
    INVOKEAI = "invokeai"
    UNKNOWN = "unknown"
    """Imported, and nothing inside of it says how it was made."""


class PictureRecord(Shown):
    """A picture with everything that is known about it."""

    seed: int | None
    generation: str | None
    """None where it was imported."""
    file_name: str
    media_type: str
    bytes: int
    created_at: datetime
    recipe: Recipe | None
    """None where it was imported, and nothing inside of it says how it was made."""
    origin: Origin
    notes: tuple[str, ...] = ()
    """What was noted inside of an imported picture and has no place in the recipe."""
    tags: tuple[str, ...] = ()
    favourite: bool = False
    folder: str | None = None
    deleted_at: datetime | None = None
    """When it was put into the trash."""


class PictureRecipe(Frozen):
    """The recipe of a picture, and what of an imported one has no place in it."""

    origin: Origin
    recipe: Recipe | None
    notes: tuple[str, ...]
