"""What is put on top of a model: LoRAs, control networks, image adapters."""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from safelight.domain.errors import UnknownModel
from safelight.domain.frozen import Frozen
from safelight.domain.spans import Share, Span
from safelight.domain.starting import ImageRef

AdapterId = Annotated[str, Field(min_length=1, max_length=200)]


class Lora(Frozen):
    """Low-rank changes to the weights (Hu et al., 2021, https://arxiv.org/abs/2106.09685)."""

    id: AdapterId
    weight: float = Field(default=1.0, ge=-4, le=4)


class Preprocessor(StrEnum):
    """What makes a control image out of a picture."""

    CANNY = "canny"
    DEPTH = "depth"
    POSE = "pose"
    LINEART = "lineart"


class Control(Span):
    """A drawing to follow (Zhang et al., 2023, https://arxiv.org/abs/2302.05543)."""

    model: AdapterId
    image: ImageRef
    preprocessor: Preprocessor | None = None
    """Left out, the image is a control image already."""
    weight: float = Field(default=1.0, ge=0, le=4)

    def counts(self, *, step: int, total: int) -> bool:
        """Whether it is followed in evaluation `step` of `total`, from 1."""
        return self.weight > 0 and self.holds(step=step, total=total)


class IPAdapter(Frozen):
    """An image as prompt through an adapter (Ye et al., 2023, https://arxiv.org/abs/2308.06721)."""

    id: AdapterId
    image: ImageRef
    weight: Share = 0.6


class AdapterKind(StrEnum):
    """Where in a recipe an adapter is asked for: `loras`, `controls` or `ip_adapter`."""

    LORA = "lora"
    CONTROL = "control"
    IP_ADAPTER = "ip_adapter"


class AdapterCard(Frozen):
    """An adapter that is installed."""

    id: str
    kind: AdapterKind
    name: str
    base: str = ""
    """What it says that it was made for; empty where it says nothing."""
    model: str | None = None
    """The only model that may use it, where it lies in that model's folder."""
    triggers: tuple[str, ...] = ()
    """Words that bring out what it has learnt."""
    weights_bytes: int = 0


NAMES = {AdapterKind.LORA: "LoRA", AdapterKind.CONTROL: "control network", AdapterKind.IP_ADAPTER: "IP-Adapter"}


def unknown_adapter(kind: AdapterKind, id: str, known: Iterable[str]) -> UnknownModel:
    """The refusal of an adapter that is not installed; its hint names the nearest of those that are."""
    installed = sorted(known)
    near = get_close_matches(id, installed, n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Installed: {', '.join(installed[:8]) or 'none'}."
    return UnknownModel(
        f"No {NAMES[kind]} '{id[:80]}' is installed.", hint=f"{hint} GET /api/v1/adapters lists them all."
    )
