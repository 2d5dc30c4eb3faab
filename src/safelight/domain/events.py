"""The feed's events: one discriminated union, from the engine to the studio's TypeScript."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from safelight.domain.frozen import Frozen
from safelight.domain.picture import Picture


class Frame(Frozen):
    """Preview of the x0 estimate after one step. `data` (base64) is there with `inline=true` only."""

    url: str
    width: int
    height: int
    media_type: str
    data: str | None = None


class Queued(Frozen):
    kind: Literal["queued"] = "queued"
    position: int = Field(ge=0)
    """Generations that go before this one; 0 means it is next."""
    eta_s: float = Field(ge=0)
    """Estimated seconds until it starts."""


class Started(Frozen):
    kind: Literal["started"] = "started"
    provider: str
    model: str
    seed: int


class Stepped(Frozen):
    kind: Literal["step"] = "step"
    picture: int = 0
    step: int
    total: int
    progress: float = Field(ge=0, le=1)
    """Of the whole generation, over all of its pictures."""
    sigma: float
    ms: float
    frame: Frame | None = None


class Notice(Frozen):
    kind: Literal["notice"] = "notice"
    code: str
    detail: str


class Gap(Frozen):
    """Events `from` to `to` are no longer kept; a viewer who needs them came too late or read too slowly."""

    kind: Literal["gap"] = "gap"
    from_: int = Field(serialization_alias="from", validation_alias="from")
    to: int


class Finished(Frozen):
    kind: Literal["finished"] = "finished"
    pictures: tuple[Picture, ...]


class Failed(Frozen):
    kind: Literal["failed"] = "failed"
    code: str
    detail: str
    hint: str = ""
    retryable: bool = False


class Cancelled(Frozen):
    kind: Literal["cancelled"] = "cancelled"
    step: int
    """Last step that was done, over all pictures."""


Event = Annotated[
    Queued | Started | Stepped | Notice | Gap | Finished | Failed | Cancelled,
    Field(discriminator="kind"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
TERMINAL = (Finished, Failed, Cancelled)
