"""What the engine's thread is told, and what it does about it between two steps."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from safelight.domain.errors import ModelBroken, SafelightError
from safelight.domain.measuring import Meter
from safelight.domain.order import Order
from safelight.domain.progress import Paused, Steered
from safelight.domain.steering import Turn
from safelight.engine import message as told

if TYPE_CHECKING:
    from safelight.engine.checkpoint import Checkpoint
    from safelight.engine.engine import Engine

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Work:
    """An order in the engine's thread, and where its messages go."""

    order: Order
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    messages: asyncio.Queue[told.Message | Steered | Paused] = field(default_factory=asyncio.Queue)
    shown: set[int] = field(default_factory=set)
    """Pictures that a preview was made of."""

    @property
    def late(self) -> bool:
        """Whether there is more to tell already."""
        return not self.messages.empty()

    def tell(self, message: told.Message | Steered | Paused) -> None:
        """From the engine's thread. The loop may be gone by then: nobody listens any more."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.messages.put_nowait, message)


@dataclass(frozen=True)
class Add:
    work: Work


@dataclass(frozen=True)
class Cancel:
    work: Work
    at: float = field(default_factory=time.monotonic)
    """When it was asked for."""


@dataclass(frozen=True)
class Do:
    """Something that is done to an order; what it returns is told."""

    work: Work
    what: "Callable[[Engine, told.Ticket], Steered | Paused]"


@dataclass(frozen=True)
class Ask:
    """Something that is done for nobody's order, and that is waited for."""

    act: "Callable[[Engine], object]"
    done: "Future[None]" = field(default_factory=Future)

    def carry_out(self, engine: "Engine") -> None:
        try:
            self.act(engine)
        except SafelightError as error:
            self.done.set_exception(error)
        else:
            self.done.set_result(None)


@dataclass(frozen=True)
class Stop:
    pass


Command = Add | Cancel | Do | Ask | Stop


def add(engine: "Engine", order: Order) -> told.Ticket:
    """Raises SafelightError where it cannot be drawn."""
    return engine.add(
        order.recipe,
        images=order.images,
        checkpoints=_checkpoints(engine, order),
        pictures=order.pictures,
    )


def cancel(engine: "Engine", works: dict[told.Ticket, Work], command: Cancel, meter: Meter) -> None:
    for ticket in _tickets(works, command.work):
        engine.cancel(ticket)
        del works[ticket]
        meter.freed(seconds=time.monotonic() - command.at)


def do(engine: "Engine", works: dict[told.Ticket, Work], command: Do) -> None:
    for ticket in _tickets(works, command.work):
        try:
            command.work.tell(command.what(engine, ticket))
        except SafelightError:
            # What was asked is not done; what is being drawn goes on.
            log.exception("a turn of %s could not be taken", command.work.order.key)
            command.work.tell(Steered())


def steer(engine: "Engine", ticket: told.Ticket, *, turn: Turn, images: Mapping[str, bytes]) -> Steered:
    # The one that may be refused goes first, so that nothing is done by halves.
    injection = turn.injection and engine.inject(ticket, turn.injection, images=images)
    return Steered(
        change=turn.change and engine.steer(ticket, turn.change),
        injection=injection,
        stop_after=turn.stop_after and engine.stop_after(ticket, turn.stop_after),
    )


def pause(engine: "Engine", ticket: told.Ticket, *, paused: bool) -> Paused:
    engine.pause(ticket, paused=paused)
    return Paused(paused=paused)


def engine_stopped() -> ModelBroken:
    return ModelBroken("The engine has stopped.", hint="Look into the server's log for the reason and restart it.")


def _tickets(works: dict[told.Ticket, Work], work: Work) -> list[told.Ticket]:
    return [ticket for ticket, other in works.items() if other is work]


def _checkpoints(engine: "Engine", order: Order) -> "dict[int, Checkpoint]":
    """Those that can be read: without one, a picture begins at the beginning and becomes the same."""
    from safelight.engine.checkpoint import Checkpoint

    assert order.recipe.model is not None
    device = engine.load(order.recipe.model).device
    read: dict[int, Checkpoint] = {}
    for picture, saved in order.checkpoints.items():
        try:
            read[picture] = Checkpoint.from_bytes(saved.data, device)
        except ModelBroken:
            log.warning("picture %d of %s begins again: its checkpoint is damaged", picture, order.key)
    return read
