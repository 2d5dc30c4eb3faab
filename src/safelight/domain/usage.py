"""What a workspace has used the server for, in numbers. Days are those of UTC."""

from datetime import UTC, date, datetime, timedelta

from pydantic import Field

from safelight.domain.errors import InvalidRecipe
from safelight.domain.frozen import Frozen
from safelight.domain.gallery import Moment
from safelight.domain.verdict import Category

DAYS_LIMIT = 366
USUAL = timedelta(days=30)


class Span(Frozen):
    """From when until when, and how long the lists may be."""

    since: Moment | None = Field(default=None, alias="from")
    """From this moment on; UTC where no time zone is given. Left out, thirty days before the end."""
    until: Moment | None = Field(default=None, alias="to")
    """Up to this moment and not at it; left out, now."""
    top: int = Field(default=20, ge=1, le=100)
    """How many prompts, words, styles and people are listed at most."""

    def of(self, now: datetime) -> tuple[datetime, datetime]:
        """Begin and end, in UTC. Raises InvalidRecipe where they lie the wrong way round, or too far apart."""
        try:
            until = (self.until or now).astimezone(UTC)
            since = until - USUAL if self.since is None else self.since.astimezone(UTC)
        except OverflowError:
            raise _invalid("lies outside of the calendar") from None
        if since >= until:
            raise _invalid("has to lie before `to`")
        if until - since > timedelta(days=DAYS_LIMIT):
            raise _invalid(f"may lie {DAYS_LIMIT} days before `to` at most")
        return since, until


def _invalid(problem: str) -> InvalidRecipe:
    return InvalidRecipe(
        f"`from` {problem}.",
        hint="For instance ?from=2026-11-01&to=2026-12-01. Left out, it is the last thirty days.",
        fields={"from": problem},
    )


class Percentiles(Frozen):
    """How long something took, in seconds: of so many, half took `p50` at most, nineteen of twenty `p95`."""

    count: int
    p50: float
    p90: float
    p95: float
    p99: float
    most: float


class Latency(Frozen):
    """How long the generations took that finished."""

    waiting: Percentiles | None = None
    """From being accepted to the first step; of all that began. Null where there are none."""
    drawing: Percentiles | None = None
    """From there to the last picture, pauses included."""
    whole: Percentiles | None = None
    """From being accepted to the last picture."""


class Tally(Frozen):
    """What was asked for, and what became of it."""

    generations: int = 0
    """That were accepted; those under way are among them."""
    finished: int = 0
    failed: int = 0
    cancelled: int = 0
    pictures: int = 0
    """That were drawn and are kept, those in the trash included."""
    device_seconds: float = 0.0
    """Of model evaluations on this machine."""
    usd: float = 0.0
    """Paid to image services elsewhere, as far as that is known; what is put aside for pictures under way is in it."""


class Day(Tally):
    """One day."""

    day: date
    refused: int = 0
    """Texts and images that moderation refused."""


class ModelUse(Tally):
    """What one model was used for."""

    model: str
    provider: str | None = None
    """Null where this server has the model no longer."""
    drawing: Percentiles | None = None
    """As in `latency`."""


class ProviderUse(Tally):
    """What one provider was used for."""

    provider: str | None
    """Null for models that this server has no longer."""


class Named(Frozen):
    """A prompt, word or style, and in how many generations it was."""

    name: str
    generations: int


class Failure(Frozen):
    """Why generations failed, and how many."""

    code: str
    """As in docs/reference/errors.md."""
    generations: int


class Refusals(Frozen):
    """A category of moderation, and how often something was refused for it."""

    category: Category
    count: int


class Looked(Frozen):
    """What moderation said."""

    allowed: int = 0
    refused: int = 0
    categories: tuple[Refusals, ...] = ()
    """The most frequent first. What is refused for two of them counts for both."""
    stages: dict[str, int] = Field(default_factory=dict)
    """How often each stage decided."""


class PersonUse(Tally):
    """What one caller used the server for."""

    caller: str
    """Such as `key_…`, `usr_…` or `local`."""
    name: str


class Usage(Frozen):
    """What a workspace has used the server for. It is counted from what is kept: what was erased or forgotten since is
    not in it."""

    since: datetime
    until: datetime
    total: Tally
    bytes: int
    """Of the pictures that were drawn, without their thumbnails."""
    days: tuple[Day, ...]
    """Every day of the span in its order, those without anything included."""
    models: tuple[ModelUse, ...]
    """The most used first."""
    providers: tuple[ProviderUse, ...]
    latency: Latency
    failures: tuple[Failure, ...]
    moderation: Looked
    named: bool
    """Whether the workspace lets itself be counted by names; where it does not, the lists that follow are empty."""
    prompts: tuple[Named, ...]
    """As they were asked for: where wildcards or styles made the prompt, what they made it of. Without the prompts of
    those who do not want to be counted."""
    words: tuple[Named, ...]
    """Of the prompts, in small letters, without those that say nothing by themselves."""
    styles: tuple[Named, ...]
    people: tuple[PersonUse, ...] | None
    """Who used it, the most busy first, without those who do not want to be counted; null for whoever is no admin."""
