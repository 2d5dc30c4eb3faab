"""What the engine tells its caller about the pictures it draws. Needs no torch, so that any thread may import it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType

from PIL import Image

from safelight.domain.errors import SafelightError

if TYPE_CHECKING:
    from safelight.engine.checkpoint import Checkpoint

Ticket = NewType("Ticket", int)
"""Stands for one recipe in the engine."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """One evaluation is done.

    Attributes:
        ms: wall time of the forward, which `batch` pictures shared.
        preview: draws the x0 estimate when called; in any thread, or never, so that it costs the step path nothing.
        checkpoint: the state to go on from after this step; None after the last.
    """

    picture: int
    step: int
    total: int
    sigma: float
    ms: float
    batch: int
    preview: Callable[[], Image.Image]
    checkpoint: "Checkpoint | None"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture is decoded; RGB or RGBA."""

    picture: int
    seed: int
    image: Image.Image


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the user should know."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The recipe cannot be finished; its other pictures are given up too."""

    error: SafelightError


@dataclass(frozen=True, slots=True)
class Done:
    """All pictures of the recipe are drawn; the ticket is gone."""


Message = Stepped | Drawn | Remark | Failed | Done
