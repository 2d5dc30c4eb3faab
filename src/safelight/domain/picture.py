"""A finished picture, as the gallery and the `finished` event show it."""

from datetime import datetime

from safelight.domain.frozen import Frozen
from safelight.domain.recipe import Recipe


class Picture(Frozen):
    """A finished picture that is kept in the store."""

    id: str
    url: str
    thumbnail_url: str
    width: int
    height: int
    seed: int


class PictureRecord(Picture):
    """A picture with everything that is known about it."""

    generation: str
    file_name: str
    media_type: str
    bytes: int
    created_at: datetime
    recipe: Recipe
