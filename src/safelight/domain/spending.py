"""Money: what image services elsewhere are paid."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from safelight.domain.access import LOCAL, Access
from safelight.domain.frozen import Frozen


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who pays: a workspace, and in it somebody who has a part of its money."""

    workspace: str
    caller: str

    @classmethod
    def of(cls, access: Access) -> "Account":
        return cls(workspace=access.workspace, caller=access.caller)

    @property
    def limited(self) -> bool:
        """Whether the caller has only a part: whoever sits at this machine has all of it."""
        return self.caller != LOCAL.caller


class Spent(StrEnum):
    """What became of the money for one picture."""

    OPEN = "open"
    """Put aside; the picture is being drawn, or was when the server stopped."""
    PAID = "paid"
    UNCERTAIN = "uncertain"
    """It was sent, and did not come back whole: the service may ask for it. Counts as paid."""
    RELEASED = "released"
    """Nothing was accepted, so nothing has to be paid."""


@dataclass(frozen=True, kw_only=True)
class Expense:
    """Money that was put aside for one picture.

    Attributes:
        handle: by what the service knows it, where it was sent by an earlier run of the server.
        resumed: an earlier run put it aside, and it may have been sent.
    """

    id: str
    usd: float
    handle: str | None = None
    resumed: bool = False


@dataclass(frozen=True, kw_only=True)
class Caps:
    """What a workspace may spend, in US dollars; None for as much as it likes. Days and months are those of UTC.

    Attributes:
        caller_day_usd: what one caller may spend of it in a day.
    """

    day_usd: float | None = None
    month_usd: float | None = None
    caller_day_usd: float | None = None

    @property
    def any(self) -> bool:
        return any(cap is not None for cap in (self.day_usd, self.month_usd, self.caller_day_usd))


class Budget(Frozen):
    """What a workspace has spent on image services, in US dollars, and what it may."""

    day_usd: float = Field(ge=0)
    """Since midnight, UTC; what is put aside for pictures under way is in it."""
    month_usd: float = Field(ge=0)
    day_cap_usd: float | None = None
    month_cap_usd: float | None = None
    own_day_usd: float = Field(default=0, ge=0)
    """What of the day's you have spent yourself."""
    own_day_cap_usd: float | None = None
    """What you may of it; null for all that the workspace has."""
