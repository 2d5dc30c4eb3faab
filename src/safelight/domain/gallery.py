"""The gallery: what to look for in it, and what to do with what was found."""

import re
import unicodedata
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from safelight.domain.frozen import Frozen
from safelight.domain.picture import Origin
from safelight.domain.recipe import SEED_LIMIT, Recipe, Sampler

BULK_LIMIT = 1000
TAGS_LIMIT = 64


def _name(text: str) -> str:
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
    if not name or any(unicodedata.category(character).startswith("C") for character in name):
        raise ValueError("is not a name: write a few words")
    return name


def _tag(text: str) -> str:
    return text.lower()


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


Name = Annotated[str, StringConstraints(max_length=200), AfterValidator(_name)]
Tag = Annotated[str, StringConstraints(max_length=64), AfterValidator(_name), AfterValidator(_tag)]
"""A few words in small letters."""
PictureId = Annotated[str, StringConstraints(pattern=r"^pic_[0-9a-f]{24}$")]
Text = Annotated[str, StringConstraints(max_length=500), AfterValidator(lambda text: text.replace("\0", " "))]
Moment = Annotated[datetime, AfterValidator(_utc)]
Pixels = Annotated[int, Field(ge=1, lt=2**31)]


class TagMatch(StrEnum):
    """How many of the tags asked for a picture needs."""

    ALL = "all"
    ANY = "any"


class Sort(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"


class Wanted(Frozen):
    """Which pictures. What is left out says nothing; a picture has to be everything that is said."""

    q: Text = ""
    """Words of the prompt or the negative prompt, all of them. `"red dragon"` stands together, `drag*` begins so,
    `-cat` is in neither prompt. Accents and capitals do not matter."""
    model: Text | None = None
    sampler: Sampler | None = None
    seed: int | None = Field(default=None, ge=0, lt=SEED_LIMIT)
    width: Pixels | None = None
    height: Pixels | None = None
    since: Moment | None = Field(default=None, alias="from")
    """Made at this moment or later; UTC where no time zone is given."""
    until: Moment | None = Field(default=None, alias="to")
    """Made before this moment."""
    favourite: bool | None = None
    folder: Text | None = None
    """In this folder; empty: in none."""
    tag: tuple[Text, ...] = Field(default=(), max_length=16)
    """With this tag; to be said several times for several."""
    tags: TagMatch = TagMatch.ALL
    """Whether each of several tags is needed, or one of them."""
    generation: Text | None = None
    origin: Origin | None = None
    trash: bool = False
    """What is in the trash, instead of what is not."""
    sort: Sort = Sort.NEWEST


class Change(Frozen):
    """What to change about a picture. What is left out stays."""

    tags: Annotated[tuple[Tag, ...], Field(max_length=TAGS_LIMIT)] = ()
    """All of its tags from now on."""
    favourite: bool = False
    folder: Name | None = None
    """None takes it out of its folder."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("changes nothing: give `tags`, `favourite` or `folder`")
        return self


class Action(StrEnum):
    """What can be done with many pictures at once."""

    TAG = "tag"
    UNTAG = "untag"
    FAVOURITE = "favourite"
    MOVE = "move"
    DELETE = "delete"
    RESTORE = "restore"


class Bulk(Frozen):
    """One action on up to 1000 pictures."""

    action: Action
    ids: Annotated[tuple[PictureId, ...], Field(min_length=1, max_length=BULK_LIMIT)]
    tags: Annotated[tuple[Tag, ...], Field(max_length=TAGS_LIMIT)] = ()
    """To put on or take off."""
    favourite: bool = True
    """False: no longer a favourite."""
    folder: Name | None = None
    """Where to move them; None takes them out of their folder."""
    forever: bool = False
    """Delete without the trash."""

    @model_validator(mode="after")
    def _tags_to_put(self) -> Self:
        if self.action in (Action.TAG, Action.UNTAG) and not self.tags:
            raise ValueError(f"`{self.action}` needs `tags`")
        return self


class Done(Frozen):
    """What became of one picture."""

    id: str
    done: bool
    detail: str = ""
    """Why it could not be done."""


class Counted(Frozen):
    """A tag or a folder, and how many pictures it has outside of the trash."""

    name: str
    pictures: int


class Difference(Frozen):
    """A field in which two recipes differ, with both values."""

    field: str
    first: object
    second: object


class PixelDifference(Frozen):
    """How far apart the pixels of two pictures of one size are, in levels of 0 to 255 over all channels. What is
    transparent counts as little as it is seen."""

    mean: float
    max: int
    psnr: float | None
    """Peak signal-to-noise ratio in dB; None where the pictures are the same."""


class Comparison(Frozen):
    """Two pictures side by side."""

    recipe: tuple[Difference, ...]
    pixels: PixelDifference | None
    """None where their sizes differ."""


class ShareWish(Frozen):
    """How a picture is to be shared."""

    expires_in: int | None = Field(default=7 * 86400, ge=60, le=366 * 86400)
    """Seconds; None: until it is revoked."""
    include_recipe: bool = False
    """Show how it was made, too; else everything that is noted inside of the file is left out."""
    include_credentials: bool = True
    """Leave content credentials in it, which say that a model drew it, and with which server's certificate, where this
    server signs pictures. With the recipe, the file stays as it is."""


class ShareLink(Frozen):
    """A link under which whoever has it sees one picture."""

    id: str
    picture: str
    include_recipe: bool
    include_credentials: bool
    created_at: datetime
    expires_at: datetime | None


class NewShareLink(ShareLink):
    """A link that was just made: only now is its address known."""

    url: str


class SharedPicture(Frozen):
    """What whoever has the link may know."""

    url: str
    width: int
    height: int
    media_type: str
    created_at: datetime
    expires_at: datetime | None
    recipe: Recipe | None


def differences(first: Recipe | None, second: Recipe | None) -> tuple[Difference, ...]:
    """The fields in which two recipes differ; a missing recipe has none of them."""
    one, other = ({} if recipe is None else recipe.model_dump(mode="json") for recipe in (first, second))
    return tuple(
        Difference(field=field, first=one.get(field), second=other.get(field))
        for field in Recipe.model_fields
        if one.get(field) != other.get(field)
    )
