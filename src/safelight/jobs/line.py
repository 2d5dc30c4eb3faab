"""The line: who waits, who is next, and when."""

import asyncio
import math
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from safelight.domain.errors import QueueFull
from safelight.domain.events import Queued
from safelight.jobs.fairness import Fairness, Owner

FIRST_GUESS_S = 5.0
"""Seconds a generation is thought to take before one was measured."""
EVERY_PLACE_BELOW = 50
"""From here on every step forward is announced; further back only every tenth part of the way, so that a long line
does not fill the feeds of those who wait in it."""
WEIGHT_OF_LAST = 0.3
"""How much the last generation counts in the running mean of their seconds."""


class Ticket:
    """A place in the line. `announce` hears of it; `position` is what it heard last."""

    def __init__(self, *, pictures: int, announce: Callable[[Queued], object], owner: Owner, work: float) -> None:
        self.pictures = pictures
        self.announce = announce
        self.owner = owner
        self.work = work
        self.position: int | None = None
        self.paused = False
        self.called_at: float | None = None
        self._changed = asyncio.Event()

    def call(self) -> None:
        self.called_at = time.monotonic()
        self._changed.set()

    def pause(self, *, paused: bool) -> None:
        # The time of one that was paused says nothing about how long a generation takes.
        self.paused, self.called_at = paused, None if self.called_at is None else math.inf
        self._changed.set()

    async def called(self) -> None:
        """Wait for the turn, and until it is not paused."""
        while self.called_at is None or self.paused:
            self._changed.clear()
            await self._changed.wait()


class Line:
    """The same share for everybody, with as many pictures at a time as the engine takes into one batch.

    Args:
        waiting_limit: generations that may wait; more are refused.
        running_pictures: pictures that may be drawn at a time. A generation that has more runs alone.
    """

    def __init__(self, *, waiting_limit: int = 100, running_pictures: int = 8) -> None:
        self.waiting_limit = waiting_limit
        self.running_pictures = running_pictures
        self._measured: float | None = None
        self._waiting: list[Ticket] = []
        self._running: set[Ticket] = set()
        self._fairness = Fairness()
        self._expected = 0

    @property
    def waiting(self) -> int:
        return len(self._ready())

    @property
    def running(self) -> int:
        return sum(not ticket.paused for ticket in self._running)

    @property
    def paused(self) -> int:
        return sum(ticket.paused for ticket in (*self._waiting, *self._running))

    @property
    def seconds_per_generation(self) -> float:
        """Running mean of what generations took; a guess until one was measured."""
        return FIRST_GUESS_S if self._measured is None else self._measured

    @property
    def free(self) -> bool:
        """True when a generation of one picture would start at once."""
        return not self._ready() and self._fits(1)

    @contextmanager
    def room(self) -> Generator[None, None, None]:
        """Hold a place while a generation is being accepted.

        Raises:
            QueueFull: as many generations wait as may; `retry_after` is the measured time until one has left.
        """
        held = self.waiting + self.paused
        if held + self._expected >= self.waiting_limit + (1 if self.free else 0):
            raise QueueFull(
                f"{held} generations are waiting or paused, which is as many as this server takes.",
                hint="Send it again after the seconds in Retry-After.",
                retry_after=max(1, math.ceil(self.seconds_per_generation)),
            )
        self._expected += 1
        try:
            yield
        finally:
            self._expected -= 1

    def join(
        self,
        *,
        pictures: int,
        announce: Callable[[Queued], object],
        paused: bool = False,
        owner: Owner | None = None,
        work: float = 1.0,
    ) -> Ticket:
        """Stand behind the owner's others; announces the position at once. Whoever joins has to `leave`.

        Args:
            work: what it asks of the device, in any unit that is the same for all.
        """
        ticket = Ticket(pictures=pictures, announce=announce, owner=owner or Owner(), work=work)
        ticket.paused = paused
        self._waiting.append(ticket)
        self._fairness.enter(ticket)
        self._announce()
        self._call()
        return ticket

    def pause(self, ticket: Ticket, *, paused: bool = True) -> None:
        """Let others go before it, or no longer. It keeps its place: one that was running goes on at once."""
        ticket.pause(paused=paused)
        self._call()
        self._announce()

    def leave(self, ticket: Ticket, *, finished: bool = False) -> None:
        """Give the place back, waiting or running. Idempotent. `finished` lets the measured time count."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
            self._fairness.leave(ticket)
        elif ticket in self._running:
            self._running.remove(ticket)
            self._fairness.leave(ticket)
            if finished and ticket.called_at is not None and ticket.called_at < math.inf:
                self._measure(time.monotonic() - ticket.called_at)
        self._call()
        self._announce()

    def _ready(self) -> list[Ticket]:
        """Those who wait for nothing but their turn, in the order in which they came."""
        return [ticket for ticket in self._waiting if not ticket.paused]

    def _turns(self) -> Iterator[Ticket]:
        """They in the order of their turns."""
        return self._fairness.order(self._ready())

    def _drawn(self) -> int:
        """Pictures that are being drawn."""
        return sum(ticket.pictures for ticket in self._running if not ticket.paused)

    def _fits(self, pictures: int) -> bool:
        return not self._drawn() or self._drawn() + pictures <= self.running_pictures

    def _call(self) -> None:
        for ticket in self._turns():
            if not self._fits(ticket.pictures):
                return
            self._waiting.remove(ticket)
            self._running.add(ticket)
            self._fairness.charge(ticket)
            ticket.call()

    def _announce(self) -> None:
        ahead = self._drawn()
        for position, ticket in enumerate(self._turns()):
            if _worth_telling(position, before=ticket.position):
                ticket.position = position
                starts_now = position == 0 and self._fits(ticket.pictures)
                ticket.announce(Queued(position=position, eta_s=0 if starts_now else self._eta(ahead)))
            ahead += ticket.pictures

    def _eta(self, pictures_ahead: int) -> float:
        return round(self.seconds_per_generation * max(1.0, pictures_ahead / self.running_pictures), 1)

    def _measure(self, seconds: float) -> None:
        before = seconds if self._measured is None else self._measured
        self._measured = before + WEIGHT_OF_LAST * (seconds - before)


def _worth_telling(position: int, *, before: int | None) -> bool:
    if before is None or position > 1.5 * before + 1:  # Others came whose turn is sooner.
        return True
    return position < before and (position < EVERY_PLACE_BELOW or position <= 0.9 * before)
