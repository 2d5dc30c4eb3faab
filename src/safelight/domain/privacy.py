"""What somebody has a say in: what is kept of them, and what was agreed."""

from dataclasses import dataclass
from datetime import datetime

from safelight.domain.access import Access, ApiKey, Kind
from safelight.domain.frozen import Frozen


@dataclass(frozen=True, kw_only=True)
class Person:
    """Whose things are meant.

    Attributes:
        callers: every name that their deeds were noted under; the first is their own.
        user: where they have an account with a name and a password.
    """

    callers: tuple[str, ...]
    user: str | None = None

    @classmethod
    def of(cls, access: Access, keys: tuple[ApiKey, ...] = ()) -> "Person":
        """Whoever asks.

        Args:
            keys: those of a user. Somebody who shows one of them stands for that key alone.
        """
        if access.kind is Kind.USER:
            return cls.user_of(access.caller, keys)
        return cls(callers=(access.caller,))

    @classmethod
    def user_of(cls, user: str, keys: tuple[ApiKey, ...]) -> "Person":
        return cls(callers=(user, *(key.id for key in keys)), user=user)


class Consent(Frozen):
    """What everybody who uses this server is asked to agree to."""

    version: str
    """Of the text."""
    text: str
    acknowledged_at: datetime | None = None
    """When you agreed to this version."""
    required: bool = True
    """Whether you still have to."""


class Preferences(Frozen):
    """What you have decided about yourself."""

    analytics: bool = True
    """Whether your use of the server may be counted under your name."""


class Erased(Frozen):
    """What is gone for good."""

    tombstone: str
    """What stands in the audit log in place of the name."""
    generations: int = 0
    batches: int = 0
    pictures: int = 0
    images: int = 0
    keys: int = 0
    """The user's own one included, where it is a key that was erased."""
