from datetime import UTC, datetime, timedelta

import pytest

from safelight.domain.generation import State
from safelight.domain.order import Saved
from safelight.store.checkpoints import EACH, Checkpoints
from safelight.store.records import Records
from tests.store.making import record

pytestmark = pytest.mark.anyio


async def ended(records: Records, *, hours_ago: float = 0) -> str:
    moment = datetime.now(UTC) - timedelta(hours=hours_ago)
    return (await records.add(record(state=State.FINISHED, ended_at=moment))).id


async def test_the_latest_of_each_picture_is_what_is_gone_on_from(records: Records) -> None:
    checkpoints = Checkpoints(records)
    generation = (await records.add(record())).id
    for step in (3, 5, 4):
        await checkpoints.keep(generation, {0: Saved(step, b"%d" % step), 1: Saved(step + 10, b"other")})
    assert await checkpoints.latest(generation) == {0: Saved(4, b"4"), 1: Saved(14, b"other")}
    assert await checkpoints.steps(generation, 0) == (4, 3), "what came after the moment it went back to is gone"
    assert await checkpoints.at(generation, 0, 3) == Saved(3, b"3")
    assert await checkpoints.at(generation, 0, 9) is None
    assert await checkpoints.latest("nobody") == {}


async def test_only_the_newest_stay(records: Records) -> None:
    checkpoints = Checkpoints(records)
    generation = (await records.add(record())).id
    for step in range(1, 3 * EACH):
        await checkpoints.keep(generation, {0: Saved(step, b"x")})
    assert await checkpoints.steps(generation, 0) == tuple(range(3 * EACH - 1, 2 * EACH - 1, -1))


async def test_one_that_cannot_be_kept_fails_nothing(records: Records) -> None:
    await Checkpoints(records).keep("nobody", {0: Saved(1, b"x")})


async def test_the_sweep_takes_what_is_old_or_too_much_and_never_what_is_running(records: Records) -> None:
    checkpoints = Checkpoints(records, keep_for=timedelta(hours=10), budget=250)
    running = (await records.add(record())).id
    old, first, second, last = [await ended(records, hours_ago=hours) for hours in (11, 3, 2, 1)]
    for generation in (running, old, first, second, last):
        await checkpoints.keep(generation, {0: Saved(1, b"x" * 100)})
    await checkpoints.sweep()
    kept = [bool(await checkpoints.latest(generation)) for generation in (running, old, first, second, last)]
    assert kept == [True, False, False, True, True]
