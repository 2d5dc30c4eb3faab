"""What moderation says of a text or a picture, and why."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from safelight.domain.frozen import Frozen


class Category(StrEnum):
    """What a picture may be refused for."""

    SEXUAL = "sexual"
    MINORS = "minors"
    """Sexual, with anybody who is not an adult. No threshold lets it pass while moderation is on."""
    VIOLENCE = "violence"
    HATE = "hate"
    SELF_HARM = "self_harm"
    ILLEGAL = "illegal"


class Stage(StrEnum):
    """What decided: the last that was asked."""

    NONE = "none"
    """Moderation is off."""
    RULES = "rules"
    CLASSIFIER = "classifier"
    JUDGE = "judge"
    PIXELS = "pixels"


class Moderating(StrEnum):
    """How much is asked before a prompt is accepted. Each goes further than the one before."""

    OFF = "off"
    RULES = "rules"
    """Lists of words."""
    STANDARD = "standard"
    """…and a small classifier that comes with Safelight."""
    JUDGE = "judge"
    """…and a language model."""


class Failing(StrEnum):
    """What happens to a prompt or a picture when what should look at it does not answer."""

    CLOSED = "closed"
    """It is refused."""
    OPEN = "open"
    """The other stages decide."""


class Verdict(Frozen):
    """What moderation says."""

    allowed: bool
    stage: Stage
    """What decided."""
    scores: Mapping[Category, float] = Field(default_factory=dict)
    """From 0 to 1, of every category that somebody saw something of."""
    refused_for: tuple[Category, ...] = ()
    """The categories whose scores are over their thresholds; empty where it is allowed."""
    policy: str
    """Version of the lists, thresholds and models that decided; changes when one of them does."""
    reason: str
    """In one sentence."""


class Subject(StrEnum):
    """What a verdict is about."""

    PROMPT = "prompt"
    PREVIEW = "preview"
    PICTURE = "picture"
    IMAGE = "image"
    """One that was sent to be looked at."""
    INPUT = "input"
    """One that was given to draw with, or imported."""


class VerdictRecord(Frozen):
    """A verdict as the journal keeps it."""

    id: str
    created_at: datetime
    subject: Subject
    generation: str | None = None
    """That it belongs to; of a prompt that was refused there is none."""
    digest: str
    """SHA-256 of the text or the file."""
    text: str | None = None
    """The text itself, where the server is set up to keep it."""
    verdict: Verdict
