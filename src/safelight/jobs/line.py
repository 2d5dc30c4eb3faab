"""The line: who waits, who is next, and when."""

import asyncio
import math
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import count

from safelight.domain.errors import QueueFull
from safelight.domain.events import Queued
from safelight.domain.generation import Priority
from safelight.jobs.fairness import Fairness, Owner

FIRST_GUESS_S = 5.0
"""Seconds a generation is thought to take before one was measured."""
EVERY_PLACE_BELOW = 50
"""From here on every step forward is announced; further back only every tenth part of the way, so that a long line
does not fill the feeds of those who wait in it."""
MISSED_BY, MISSED_BY_S = 0.5, 2.0
"""By how much a time that was told may be wrong, as a part of it and in seconds, before another one is told."""
URGENCY = {priority: rank for rank, priority in enumerate(reversed(Priority))}
WEIGHT_OF_LAST = 0.3
"""How much the last generation counts in the running mean of their seconds."""


class Ticket:
    """A place in the line. `announce` hears of it; `position` is what it heard last."""

    def __init__(
        self,
        *,
        pictures: int,
        announce: Callable[[Queued], object],
        owner: Owner,
        work: float,
        priority: Priority,
        place: float,
    ) -> None:
        self.pictures = pictures
        self.announce = announce
        self.owner = owner
        self.work = work
        self.priority = priority
        self.place = place
        self.position: int | None = None
        self.starts_at = 0.0
        """What it was told, by the monotonic clock."""
        self.paused = False
        self.called_at: float | None = None
        self._changed = asyncio.Event()

    @property
    def urgency(self) -> int:
        return URGENCY[self.priority]

    def tell(self, position: int, *, eta_s: float) -> None:
        """Announce it, if it is news."""
        now = time.monotonic()
        late = now + eta_s - self.starts_at
        if _worth_telling(position, before=self.position) or abs(late) > MISSED_BY_S + MISSED_BY * eta_s:
            self.position, self.starts_at = position, now + eta_s
            self.announce(Queued(position=position, eta_s=round(eta_s, 1)))

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
        self._per_work: float | None = None
        self._arrivals = count()
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
        priority: Priority = Priority.NORMAL,
        place: float | None = None,
    ) -> Ticket:
        """Stand behind the owner's others; announces the position at once. Whoever joins has to `leave`.

        Args:
            pictures: that this machine draws of it; 0 where a service elsewhere draws them.
            work: what it asks of the device, in any unit that is the same for all.
            place: among the owner's others of the same priority, lower is sooner; left out, behind them.
        """
        ticket = Ticket(
            pictures=pictures,
            announce=announce,
            owner=owner or Owner(),
            work=work,
            priority=priority,
            place=next(self._arrivals) if place is None else place,
        )
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

    def rush(self, ticket: Ticket, priority: Priority) -> None:
        """Give it another priority. Nothing happens to what is called already."""
        ticket.priority = priority
        self._call()
        self._announce()

    def move(self, ticket: Ticket, *, to: int) -> tuple[Ticket, ...]:
        """Let it stand at `to`, from 0, among those of its owner that wait with the same priority: they exchange their
        places, and nobody else's changes. Gives those that have another one now; none where it is called already."""
        if ticket not in self._waiting:
            return ()
        mates = [one for one in self._waiting if (one.owner, one.priority) == (ticket.owner, ticket.priority)]
        mates.sort(key=lambda one: one.place)
        places = [one.place for one in mates]
        mates.remove(ticket)
        mates.insert(to, ticket)
        moved = [one for one, place in zip(mates, places, strict=True) if one.place != place]
        for one, place in zip(mates, places, strict=True):
            one.place = place
        self._call()
        self._announce()
        return tuple(moved)

    def waits(self, ticket: Ticket) -> bool:
        """Whether it was not called yet."""
        return ticket in self._waiting

    def ahead(self, ticket: Ticket) -> int | None:
        """How many go before it; None where it does not wait for its turn."""
        return next((position for position, one in enumerate(self._turns()) if one is ticket), None)

    def leave(self, ticket: Ticket, *, finished: bool = False) -> None:
        """Give the place back, waiting or running. Idempotent. `finished` lets the measured time count."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
            self._fairness.leave(ticket)
        elif ticket in self._running:
            self._running.remove(ticket)
            self._fairness.leave(ticket)
            if finished and ticket.called_at is not None and ticket.called_at < math.inf:
                self._measure(time.monotonic() - ticket.called_at, work=ticket.work)
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
        return not pictures or not self._drawn() or self._drawn() + pictures <= self.running_pictures

    def _call(self) -> None:
        for ticket in self._ready():
            if not ticket.pictures:  # Who needs none of the device waits for nobody, and nobody for them.
                self._start(ticket)
        for ticket in self._turns():
            if not self._fits(ticket.pictures):
                return
            self._start(ticket)

    def _start(self, ticket: Ticket) -> None:
        self._waiting.remove(ticket)
        self._running.add(ticket)
        self._fairness.charge(ticket)
        ticket.call()

    def _announce(self) -> None:
        left = [(ticket, self._left(ticket)) for ticket in self._running if not ticket.paused]
        # Before one of those that run has ended nobody starts, unless there is room.
        soonest = min((seconds for ticket, seconds in left if ticket.pictures), default=0.0)
        ahead = sum(seconds * self._share(ticket) for ticket, seconds in left)
        for position, ticket in enumerate(self._turns()):
            starts_now = position == 0 and self._fits(ticket.pictures)
            ticket.tell(position, eta_s=0.0 if starts_now else max(soonest, ahead))
            ahead += self._takes(ticket) * self._share(ticket)

    def _takes(self, ticket: Ticket) -> float:
        """Seconds that it is expected to be drawn for: by its work, once some was measured."""
        return FIRST_GUESS_S if self._per_work is None else self._per_work * ticket.work

    def _left(self, ticket: Ticket) -> float:
        takes = self._takes(ticket)
        gone = 0.0 if ticket.called_at is None or ticket.called_at == math.inf else time.monotonic() - ticket.called_at
        # What takes longer than it should is not over at once for that.
        return max(takes - gone, 0.1 * takes)

    def _share(self, ticket: Ticket) -> float:
        """The part of the device that it takes."""
        return min(1.0, ticket.pictures / self.running_pictures)

    def _measure(self, seconds: float, *, work: float) -> None:
        self._measured = _mean(self._measured, seconds)
        if work > 0:
            self._per_work = _mean(self._per_work, seconds / work)


def _mean(before: float | None, new: float) -> float:
    """Of what was measured lately."""
    return new if before is None else before + WEIGHT_OF_LAST * (new - before)


def _worth_telling(position: int, *, before: int | None) -> bool:
    if before is None or position > 1.5 * before + 1:  # Others came whose turn is sooner.
        return True
    return position < before and (position < EVERY_PLACE_BELOW or position <= 0.9 * before)
