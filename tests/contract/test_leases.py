"""Of several servers on one database, one at a time draws a generation."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from safelight.domain.access import HOME
from safelight.domain.errors import TakenOver
from safelight.domain.generation import State
from safelight.store.leases import Leases
from safelight.store.pictures import Pictures
from safelight.store.records import NOW_S, GenerationRecord, Records
from safelight.store.schema import GENERATIONS
from tests.store.making import NOON, drawn, recipe, record

pytestmark = pytest.mark.anyio


def server(records: Records, name: str, *, alone: bool = False) -> Leases:
    return Leases(records=records, owner=name, lasting_s=60, alone=alone)


async def taken(leases: Leases, *, limit: int | None = None, starting: bool = False) -> list[str]:
    return [one.id for one in await leases.take(limit=limit, event_ids=10, starting=starting)]


async def run_out(records: Records) -> None:
    async with records.engine.begin() as connection:
        await connection.execute(update(GENERATIONS).values(lease_until=NOW_S - 10))


async def known(records: Records, generation: str) -> GenerationRecord:
    (found,) = await records.several([generation])
    return found


async def test_what_is_nobodys_is_taken_up_in_the_order_of_its_places(records: Records) -> None:
    late = await records.add(record(minute=5, state=State.RUNNING))
    early = await records.add(record(minute=1))
    await records.add(record(minute=0, state=State.FINISHED))
    paused = await records.add(record(minute=3, state=State.PAUSED))
    moved = await records.add(record(minute=9, place=-1))
    leases = server(records, "a")
    assert await taken(leases, limit=2) == [moved.id, early.id]
    assert await taken(leases, limit=9) == [paused.id, late.id]
    now = await known(records, early.id)
    assert (now.owner, now.attempt, now.last_event, now.state) == ("a", 1, 10, State.QUEUED)


async def test_no_two_get_the_same_however_many_ask_at_once(records: Records) -> None:
    made = {(await records.add(record())).id for _ in range(40)}
    servers = [server(records, f"server {number}") for number in range(8)]
    found = await asyncio.gather(*(taken(leases, limit=5) for leases in servers))
    assert sorted(one for some in found for one in some) == sorted(made)


async def test_what_is_held_is_nobody_elses_until_it_runs_out(records: Records) -> None:
    one, other = server(records, "a"), server(records, "b")
    kept = await records.add(record(owner="a", attempt=1), lease_s=60)
    assert await taken(other, starting=True) == [] == await taken(one)
    await run_out(records)
    assert (await one.renew([kept.id]))[kept.id].attempt == 1
    assert await taken(other) == []
    await run_out(records)
    assert await taken(other) == [kept.id]
    assert await one.renew([kept.id]) == {}


async def test_after_a_restart_a_server_goes_on_with_its_own_at_once(records: Records) -> None:
    own = await records.add(record(owner="a", attempt=1), lease_s=60)
    others = await records.add(record(minute=1, owner="b", attempt=1), lease_s=60)
    assert await taken(server(records, "a"), starting=True) == [own.id]
    assert await taken(server(records, "c", alone=True), starting=True) == [own.id, others.id]


async def test_what_is_held_in_memory_is_not_taken_up_again(records: Records) -> None:
    kept = await records.add(record(owner="a", attempt=1), lease_s=60)
    await run_out(records)
    assert await server(records, "a").take(limit=9, event_ids=1, held=[kept.id]) == ()


async def test_what_is_released_is_taken_up_at_once(records: Records) -> None:
    one, other = server(records, "a"), server(records, "b")
    kept = await records.add(record(owner="a", attempt=1), lease_s=60)
    await one.release({kept.id: 7})
    assert await taken(other) == []
    await one.release({kept.id: 1})
    assert await taken(other) == [kept.id]


async def test_who_was_overtaken_writes_nothing_more(records: Records, pictures: Pictures) -> None:
    kept = await records.add(record(owner="a", attempt=1), lease_s=60)
    await run_out(records)
    await taken(server(records, "b"))
    with pytest.raises(TakenOver):
        await records.change(kept.id, of_attempt=1, state=State.FINISHED, ended_at=NOON + timedelta(minutes=1))
    await records.change(kept.id, of_attempt=1, unless_ended=True, step=9)
    with pytest.raises(TakenOver):
        await pictures.keep(generation=kept.id, recipe=recipe(), drawn=drawn(), attempt=1)
    now = await known(records, kept.id)
    assert (now.state, now.step, now.ended_at) == (State.QUEUED, 0, None)
    assert await pictures.of(kept.id) == ()
    assert await pictures.keep(generation=kept.id, recipe=recipe(), drawn=drawn(), attempt=2)


async def test_whoever_draws_it_hears_that_it_is_to_be_cancelled(records: Records) -> None:
    one = server(records, "a")
    kept = await records.add(record(owner="a", attempt=1), lease_s=60)
    await server(records, "b").ask_to_cancel(kept.id)
    assert (await one.renew([kept.id]))[kept.id].cancel_asked
    found = await records.get(kept.id, workspace=HOME)
    assert found is not None and found.cancel_asked
