import pytest

from safelight.domain.errors import QueueFull
from safelight.domain.events import Queued
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
    line = Line(waiting_limit=3000, running_pictures=1)
    guests = [Guest(line) for _ in range(2000)]
    for guest in guests[:-1]:
        line.leave(guest.ticket)
    assert guests[-1].running
    assert guests[-1].positions[-50:] == list(range(49, -1, -1))
    assert len(guests[-1].positions) < 100
