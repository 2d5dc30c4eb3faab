"""The feed's events: one discriminated union, from the engine to the studio's TypeScript."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from safelight.domain.frozen import Frozen
from safelight.domain.picture import Picture
from safelight.domain.pixels import FrameSource


class Frame(Frozen):
    """Preview of the x0 estimate after one step. `data` (base64) is there with `inline=true` only."""

    url: str
    width: int
    height: int
    media_type: str
    source: FrameSource = FrameSource.DENOISE
    """What it shows: `denoise`, `provider_partial` (as an image service sent it) or `placeholder` (nothing yet)."""
    data: str | None = None


class Queued(Frozen):
    """It was accepted, or moved up in the line."""

    kind: Literal["queued"] = "queued"
    position: int = Field(ge=0)
    """Generations that go before this one; 0 means it is next."""
    eta_s: float = Field(ge=0)
    """Estimated seconds until it starts."""


class Started(Frozen):
    """It begins to develop."""

    kind: Literal["started"] = "started"
    provider: str
    model: str
    seed: int
    """Of the first picture; the others have the seeds that follow."""


class Stepped(Frozen):
    """One evaluation of the model for one picture is done."""

    kind: Literal["step"] = "step"
    picture: int = 0
    """Index of the picture within the generation, from 0."""
    step: int
    """From 1 to `total`."""
    total: int
    """Evaluations this picture takes; second-order samplers need two for each step of the recipe."""
    progress: float = Field(ge=0, le=1)
    """Of the whole generation, over all of its pictures."""
    sigma: float
    """Noise level that was just removed from; 0 where an image service does not tell."""
    ms: float
    """Milliseconds the evaluation took, shared by all pictures of its batch."""
    frame: Frame | None = None
    """Preview; left out where the viewer wished for none, or where a later one was ready sooner."""


class Notice(Frozen):
    """Something worth knowing: a changed parameter, a cut prompt, a fallback."""

    kind: Literal["notice"] = "notice"
    code: str
    detail: str


class Gap(Frozen):
    """Events `from` to `to` are no longer kept; a viewer who needs them came too late or read too slowly."""

    kind: Literal["gap"] = "gap"
    from_: int = Field(serialization_alias="from", validation_alias="from")
    to: int


class Finished(Frozen):
    """Every picture is done and kept."""

    kind: Literal["finished"] = "finished"
    pictures: tuple[Picture, ...]


class Failed(Frozen):
    """There will be no (further) picture."""

    kind: Literal["failed"] = "failed"
    code: str
    """One of the codes of the errors."""
    detail: str
    """What happened."""
    hint: str = ""
    """What to do next."""
    retryable: bool = False
    """Whether the same request may succeed another time."""


class Cancelled(Frozen):
    """It was stopped on request."""

    kind: Literal["cancelled"] = "cancelled"
    step: int
    """Last step that was done, over all pictures."""


Event = Annotated[
    Queued | Started | Stepped | Notice | Gap | Finished | Failed | Cancelled,
    Field(discriminator="kind"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
TERMINAL = (Finished, Failed, Cancelled)
