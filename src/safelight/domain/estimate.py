"""What a recipe will take, told before it runs."""

from enum import StrEnum

from pydantic import Field

from safelight.domain.frozen import Frozen


class Adaptation(StrEnum):
    """What is done otherwise so that a picture fits into the memory there is; a `notice` says so when it happens."""

    ROW_BY_ROW = "row_by_row"
    """The two halves of guidance are computed one after the other: half the memory, twice the time."""
    DECODED_IN_TILES = "decoded_in_tiles"
    """The finished latents are decoded tile by tile; seams may just show."""


class MemoryEstimate(Frozen):
    """Bytes on the device."""

    weights_bytes: int
    peak_bytes: int
    """At the worst moment of a picture that is drawn alone, weights included, adaptations taken into account."""
    budget_bytes: int | None
    """What models and pictures may take here; null where nothing limits them."""
    measured: bool
    """Whether it was measured on this device; else it is what models of this family take elsewhere."""


class Estimate(Frozen):
    """What a recipe will take."""

    model: str
    seconds: float | None = Field(default=None, ge=0)
    """Of all its pictures, drawn alone one after the other; null where the model was not measured yet."""
    memory: MemoryEstimate | None = None
    """Null where it is not this machine's."""
    price_usd: float | None = Field(default=0.0, ge=0)
    """What an image service will ask for it; null where nobody here knows."""
    adaptations: tuple[Adaptation, ...] = ()
    fits: bool = True
    """Whether there is memory enough, adaptations made; a recipe that does not fit is refused."""
    hint: str = ""
    """What would fit, where it does not."""
