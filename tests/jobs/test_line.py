from typing import Any

import pytest

from safelight.domain.errors import QueueFull
from safelight.domain.events import Queued
from safelight.domain.generation import Priority
from safelight.jobs.fairness import Owner
from safelight.jobs.line import FIRST_GUESS_S, Line, Ticket

pytestmark = pytest.mark.anyio


class Guest:
    def __init__(self, line: Line, *, pictures: int = 1) -> None:
        self.heard: list[Queued] = []
        self.ticket: Ticket = line.join(pictures=pictures, announce=self.heard.append)

    @property
    def running(self) -> bool:
        return self.ticket.called_at is not None

    @property
    def positions(self) -> list[int]:
        return [event.position for event in self.heard]


async def test_the_first_starts_at_once() -> None:
    guest = Guest(Line())
    assert guest.heard == [Queued(position=0, eta_s=0)]
    await guest.ticket.called()


async def test_first_come_first_served_and_every_new_position_is_announced() -> None:
    line = Line(running_pictures=1)
    first, second, third = Guest(line), Guest(line), Guest(line)
    assert (first.running, second.running, third.running) == (True, False, False)
    assert third.heard == [Queued(position=1, eta_s=2 * FIRST_GUESS_S)]
    line.leave(first.ticket)
    assert second.running
    assert third.positions == [1, 0]


async def test_as_many_pictures_run_as_the_engine_batches() -> None:
    line = Line(running_pictures=4)
    guests = [Guest(line, pictures=2) for _ in range(3)]
    assert [guest.running for guest in guests] == [True, True, False]
    line.leave(guests[0].ticket)
    assert guests[2].running


async def test_a_generation_larger_than_the_batch_runs_alone() -> None:
    line = Line(running_pictures=4)
    small, large, after = Guest(line), Guest(line, pictures=16), Guest(line)
    assert not large.running
    line.leave(small.ticket)
    assert large.running
    assert not after.running


async def test_whoever_leaves_while_waiting_lets_the_others_move_up() -> None:
    line = Line(running_pictures=1)
    _, second, third = Guest(line), Guest(line), Guest(line)
    line.leave(second.ticket)
    line.leave(second.ticket)
    assert third.positions == [1, 0]
    assert line.waiting == 1


async def test_a_full_line_says_when_to_come_back() -> None:
    line = Line(waiting_limit=1, running_pictures=1)
    Guest(line), Guest(line)
    with pytest.raises(QueueFull) as refused, line.room():
        pass
    assert refused.value.retry_after == FIRST_GUESS_S


async def test_places_that_are_being_accepted_count() -> None:
    line = Line(waiting_limit=1, running_pictures=1)
    Guest(line)
    with line.room(), pytest.raises(QueueFull), line.room():
        pass
    with line.room():
        pass


async def test_finished_generations_teach_the_line_how_long_one_takes() -> None:
    line = Line(running_pictures=1)
    first, second = Guest(line), Guest(line)
    assert first.ticket.called_at
    first.ticket.called_at -= 42
    line.leave(first.ticket, finished=True)
    assert line.seconds_per_generation == pytest.approx(42, abs=1)
    line.leave(second.ticket)
    assert line.seconds_per_generation == pytest.approx(42, abs=1), "a cancelled one teaches nothing"


async def test_a_long_line_does_not_fill_the_feeds_of_those_who_wait() -> None:
    line = Line(waiting_limit=600, running_pictures=1)
    guests = [Guest(line) for _ in range(500)]
    for guest in guests[:-1]:
        line.leave(guest.ticket)
    assert guests[-1].running
    assert guests[-1].positions[-50:] == list(range(49, -1, -1))
    assert len(guests[-1].positions) < 100


class Crowd:
    """Generations of several callers in a line that draws one at a time."""

    def __init__(self) -> None:
        self.line = Line(running_pictures=1)
        self.heard: dict[str, list[Queued]] = {}
        self.tickets: dict[str, Ticket] = {}

    def join(self, name: str, *, caller: str = "me", **more: Any) -> Ticket:
        heard: list[Queued] = []
        self.heard[name] = heard
        self.tickets[name] = self.line.join(pictures=1, announce=heard.append, owner=Owner("w", caller), **more)
        return self.tickets[name]

    def turns(self) -> str:
        """Those who wait, in the order of their turns."""
        names = {ticket: name for name, ticket in self.tickets.items()}
        return "".join(names[ticket] for ticket in self.line._turns())

    def order(self) -> list[str]:
        """How they are called, one after the other."""
        called: list[str] = []
        while self.tickets:
            (name,) = (name for name, ticket in self.tickets.items() if ticket.called_at is not None)
            called.append(name)
            self.line.leave(self.tickets.pop(name))
        return called


async def test_a_high_priority_goes_first_and_a_low_one_last() -> None:
    crowd = Crowd()
    for name, priority in (("running", "normal"), ("low", "low"), ("normal", "normal"), ("high", "high")):
        crowd.join(name, priority=Priority(priority))
    assert crowd.heard["high"][-1].position == 0
    assert crowd.order() == ["running", "high", "normal", "low"]


async def test_a_priority_can_be_changed_while_it_waits() -> None:
    crowd = Crowd()
    for name in "abc":
        crowd.join(name)
    crowd.line.rush(crowd.tickets["c"], Priority.HIGH)
    assert crowd.heard["c"][-1].position == 0
    assert crowd.order() == ["a", "c", "b"]


async def test_ones_own_are_moved_and_nobody_elses() -> None:
    crowd = Crowd()
    for name, caller in zip("abcde", ("me", "me", "you", "me", "me"), strict=True):
        crowd.join(name, caller=caller)
    before = crowd.turns()
    moved = crowd.line.move(crowd.tickets["e"], to=0)
    assert {id(ticket) for ticket in moved} == {id(crowd.tickets[name]) for name in "bde"}
    assert before == "cbde" and crowd.turns() == "cebd"
    assert crowd.line.move(crowd.tickets["e"], to=99) and crowd.turns() == "cbde"
    assert crowd.line.move(crowd.tickets["a"], to=0) == (), "it is being drawn"


async def test_the_time_that_is_told_goes_by_what_is_ahead_and_is_told_again_when_it_was_wrong() -> None:
    crowd = Crowd()
    small = crowd.join("small", work=1.0)
    crowd.join("large", work=10.0)
    crowd.join("last", work=1.0)
    assert small.called_at
    assert crowd.heard["last"] == [Queued(position=1, eta_s=2 * FIRST_GUESS_S)]
    small.called_at -= 3
    crowd.line.leave(small, finished=True)
    assert crowd.heard["last"][-1] == Queued(position=0, eta_s=30.0)
    large = crowd.tickets["large"]
    assert large.called_at
    large.called_at -= 25
    other = crowd.join("other", work=2.0)
    assert crowd.heard["last"][-1] == Queued(position=0, eta_s=5.0), "five of thirty seconds are left"
    assert crowd.heard["other"][-1] == Queued(position=1, eta_s=8.0)
    assert other.called_at is None
