"""Who is next, when some send a hundred and others one."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.domain.events import Queued
from safelight.jobs.fairness import Fairness, Owner
from safelight.jobs.line import Line, Ticket


@dataclass(frozen=True)
class Job:
    owner: Owner
    work: float = 1.0
    number: int = 0
    urgency: int = 1

    @property
    def place(self) -> float:
        return self.number


def drawn_in_order(jobs: list[Job], *, fairness: Fairness | None = None) -> list[Job]:
    """One after the other, the next one chosen anew each time."""
    fairness, waiting, done = fairness or Fairness(), list(jobs), []
    for job in jobs:
        fairness.enter(job)
    while waiting:
        job = next(fairness.order(waiting))
        waiting.remove(job)
        fairness.charge(job)
        fairness.leave(job)
        done.append(job)
    return done


owners = st.builds(Owner, st.sampled_from("AB"), st.sampled_from("xyz"))
jobs = st.lists(st.builds(Job, owners, st.floats(0.5, 5), st.integers()), max_size=30)


@given(jobs)
def test_everybody_is_drawn_once_and_ones_own_in_their_order(sent: list[Job]) -> None:
    numbered = [Job(job.owner, job.work, number) for number, job in enumerate(sent)]
    done = drawn_in_order(numbered)
    assert sorted(done, key=lambda job: job.number) == numbered
    for owner in {job.owner for job in numbered}:
        own = [job.number for job in done if job.owner == owner]
        assert own == sorted(own)


@given(jobs)
def test_the_order_that_is_told_is_the_order_that_comes(sent: list[Job]) -> None:
    numbered = [Job(job.owner, job.work, number) for number, job in enumerate(sent)]
    fairness = Fairness()
    for job in numbered:
        fairness.enter(job)
    told, waiting, done = list(fairness.order(numbered)), list(numbered), []
    while waiting:
        job = next(fairness.order(waiting))
        waiting.remove(job)
        fairness.charge(job)
        done.append(job)
    assert done == told


def test_ten_light_ones_wait_for_one_job_of_a_heavy_one() -> None:
    heavy, light = Owner("w", "heavy"), [Owner("w", f"light {number}") for number in range(10)]
    done = drawn_in_order([*[Job(heavy, number=n) for n in range(100)], *[Job(owner) for owner in light]])
    assert {job.owner for job in done[:11]} == {heavy, *light}
    assert sum(job.owner == heavy for job in done[:11]) == 1


@settings(deadline=None)
@given(st.lists(st.floats(0.5, 4), min_size=2, max_size=5))
def test_shares_of_the_device_are_alike_whatever_a_job_takes(works: list[float]) -> None:
    sent = [Job(Owner("w", str(caller)), work, n) for caller, work in enumerate(works) for n in range(60)]
    spent = dict.fromkeys([job.owner for job in sent], 0.0)
    for job in drawn_in_order(sent):
        spent[job.owner] += job.work
        if job.number == 59:
            break  # The first of them has nothing left to ask for.
    shares = list(spent.values())
    assert sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares)) >= 0.9, "Jain's index"


def test_workspaces_share_before_their_callers_do() -> None:
    crowd = [Job(Owner("crowded", f"caller {n % 5}"), number=n) for n in range(50)]
    alone = [Job(Owner("lonely", "caller"), number=n) for n in range(10)]
    first = drawn_in_order([*crowd, *alone])[:20]
    assert sum(job.owner.workspace == "lonely" for job in first) == 10


def test_nobody_saves_up_turns() -> None:
    fairness, busy, late = Fairness(), Owner("w", "busy"), Owner("w", "late")
    waiting = [Job(busy, number=n) for n in range(20)]
    for job in waiting:
        fairness.enter(job)
    for _ in range(10):
        fairness.charge(waiting.pop(0))
    later = [Job(late, number=n) for n in range(20, 30)]
    for job in later:
        fairness.enter(job)
    order = list(fairness.order([*waiting, *later]))
    assert Counter(job.owner for job in order[:6]) == {busy: 3, late: 3}


@pytest.mark.anyio
async def test_a_light_one_overtakes_in_the_line_and_both_are_told() -> None:
    line = Line(running_pictures=1)
    heard: dict[int, list[Queued]] = {}

    def join(number: int, caller: str) -> Ticket:
        heard[number] = []
        return line.join(pictures=1, announce=heard[number].append, owner=Owner("w", caller))

    heavy = [join(number, "heavy") for number in range(6)]
    light = join(6, "light")
    assert [event.position for event in heard[6]] == [0], "behind what runs, before all that waits"
    line.leave(heavy[0], finished=True)
    assert light.called_at is not None and heavy[1].called_at is None
    line.leave(light, finished=True)
    assert heavy[1].called_at is not None
    assert list(dict.fromkeys(event.position for event in heard[5])) == [4, 3], "told once it comes closer again"


def test_what_is_urgent_goes_before_the_rest_of_its_workspace_and_no_other() -> None:
    mine, yours, elsewhere = Owner("w", "mine"), Owner("w", "yours"), Owner("other", "somebody")
    sent = [Job(mine, number=n, urgency=1) for n in range(4)]
    sent += [Job(mine, number=4, urgency=2), Job(yours, number=5, urgency=0), Job(yours, number=6, urgency=0)]
    sent += [Job(elsewhere, number=n, urgency=2) for n in range(7, 14)]
    done = drawn_in_order(sent)
    assert [job.number for job in done if job.owner.workspace == "w"] == [5, 6, 0, 1, 2, 3, 4]
    assert all(sum(job.owner == elsewhere for job in done[: 2 * n]) == n for n in range(1, 8)), "its share is the same"


@given(jobs, st.lists(st.integers(0, 2), min_size=30, max_size=30))
def test_urgency_changes_nothing_about_whose_workspace_is_next(sent: list[Job], urgencies: list[int]) -> None:
    plain = [Job(job.owner, 1.0, number) for number, job in enumerate(sent)]
    urgent = [Job(job.owner, 1.0, job.number, urgencies[job.number]) for job in plain]
    first, second = ([job.owner.workspace for job in drawn_in_order(some)] for some in (plain, urgent))
    for drawn in range(len(sent)):
        counts = [Counter(order[:drawn]) for order in (first, second)]
        assert all(abs(counts[0][name] - counts[1][name]) <= 1 for name in "AB")
