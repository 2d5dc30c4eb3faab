"""Batches, deliveries and what is forgotten, over every database."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from safelight.domain.access import LOCAL
from safelight.domain.batch import Axis, BatchWish, CellState, Counts
from safelight.domain.errors import NotFound
from safelight.domain.events import Failed
from safelight.domain.generation import State
from safelight.domain.webhook import Webhook, WebhookEvent
from safelight.store.batches import BatchRecord
from safelight.store.blobs import MemoryBlobs
from safelight.store.opening import Store
from safelight.store.records import Records
from safelight.store.retention import forget
from safelight.store.schema import BATCH_CELLS, BATCHES, GENERATIONS, INPUTS
from tests.store.making import kept, png, recipe, record

pytestmark = pytest.mark.anyio
HOOK = Webhook(url="https://example.com/hook", events=tuple(WebhookEvent))
LONG_AGO = datetime.now(UTC) - timedelta(days=100)
BEFORE = datetime.now(UTC) - timedelta(days=50)


@pytest.fixture
def store(records: Records) -> Store:
    return Store.over(records, files=MemoryBlobs(), given=MemoryBlobs())


async def added(store: Store, *, cells: int = 3, key: str | None = None, **more: object) -> BatchRecord:
    wish = BatchWish(recipe=recipe(), axes=(Axis(field="seed", values=tuple(range(cells))),))
    batch = BatchRecord.accepted(wish, access=LOCAL, idempotency_key=key, **more)
    return await store.batches.add(batch, [((seed,), recipe(seed=seed)) for seed in range(cells)])


async def test_what_was_kept_comes_back(store: Store) -> None:
    batch = await added(store, webhooks=(HOOK,))
    assert await store.batches.get(batch.id, workspace=batch.workspace) == batch
    assert await store.batches.unfinished() == (batch,)
    left = await store.batches.open_cells(batch.id)
    assert [(cell.index, cell.recipe, cell.generation) for cell in left] == [
        (seed, recipe(seed=seed), None) for seed in range(3)
    ]
    with pytest.raises(NotFound):
        await store.batches.get(batch.id, workspace="another")
    assert (await store.batches.page(workspace="another")).items == ()


async def test_two_at_once_with_one_key_are_one(store: Store) -> None:
    batches = await asyncio.gather(*(added(store, key="k") for _ in range(5)))
    assert len({batch.id for batch in batches}) == 1
    async with store.records.engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(BATCH_CELLS))).scalar() == 3


async def test_cells_are_in_the_state_of_their_generations(store: Store) -> None:
    batch = await added(store, cells=5)
    for cell, state in enumerate((State.FINISHED, State.RUNNING, State.CANCELLED)):
        await store.records.add(record(state=state, batch=batch.id, cell=cell))
    await store.batches.refuse(batch.id, 3, Failed(code="c", detail="d", hint="h", retryable=False))
    states = [cell.state for cell in await store.batches.cells(batch)]
    assert states == ["finished", "running", "cancelled", "failed", "waiting"]
    assert (await store.batches.counts([batch]))[batch.id] == Counts(
        finished=1, running=1, cancelled=1, failed=1, waiting=1
    )
    assert [cell.index for cell in await store.batches.open_cells(batch.id)] == [1, 4]
    await store.batches.cancel(batch.id)
    await store.batches.end(batch.id)
    ended = await store.batches.get(batch.id, workspace=batch.workspace)
    assert (await store.batches.cells(ended))[4].state is CellState.CANCELLED
    assert await store.batches.unfinished() == ()


async def test_images_are_kept_as_long_as_a_batch_waits_for_them(store: Store) -> None:
    image = (await store.inputs.keep(png(), workspace=LOCAL.workspace)).id
    wish = recipe(image={"image": image, "strength": 0.5})
    batch = BatchRecord.accepted(BatchWish(recipes=(wish,)), access=LOCAL, idempotency_key=None)
    await store.batches.add(batch, [((), wish)])
    async with store.records.engine.begin() as connection:
        await connection.execute(update(INPUTS).values(used_at=LONG_AGO))
    assert await store.inputs.sweep() == 0


async def test_an_ending_is_put_down_once_also_by_two_servers(store: Store) -> None:
    await store.records.add(record(state=State.FINISHED, ended_at=LONG_AGO, webhooks=(HOOK, HOOK)))
    await store.records.add(record(state=State.RUNNING, webhooks=(HOOK,)))
    batch = await added(store, webhooks=(HOOK,))
    await store.batches.end(batch.id)
    await asyncio.gather(*(store.deliveries.collect() for _ in range(3)))
    both = await asyncio.gather(*(store.deliveries.due(limit=10) for _ in range(3)))
    due = [delivery for found in both for delivery in found]
    assert sorted(delivery.event for delivery in due) == ["batch.finished", "generation.finished"]
    assert await store.deliveries.due(limit=10) == ()


async def test_a_delivery_is_due_again_until_it_has_arrived(store: Store) -> None:
    await store.records.add(record(state=State.FAILED, ended_at=LONG_AGO, webhooks=(HOOK,)))
    await store.deliveries.collect()
    for attempts in (1, 2):
        (due,) = await store.deliveries.due(limit=10)
        assert due.attempts == attempts
        await store.deliveries.note(due.id, fault="nobody there" * 50, next_at=datetime.now(UTC))
    await store.deliveries.note(due.id, fault=None)
    assert await store.deliveries.due(limit=10) == ()
    assert await store.deliveries.forget(before=BEFORE) == 0
    assert await store.deliveries.forget(before=datetime.now(UTC)) == 1


async def test_what_ended_long_ago_without_a_picture_is_forgotten(store: Store) -> None:
    with_picture = await kept(store)
    async with store.records.engine.begin() as connection:
        await connection.execute(update(GENERATIONS).values(ended_at=LONG_AGO))
    batch, young = await added(store), await added(store)
    await store.batches.end(young.id)
    await store.batches.end(batch.id)
    for state, more in (
        (State.FAILED, {"ended_at": LONG_AGO}),
        (State.FAILED, {"ended_at": LONG_AGO, "batch": batch.id, "cell": 0}),
        (State.FAILED, {"ended_at": LONG_AGO, "batch": young.id, "cell": 0}),
        (State.FAILED, {"ended_at": datetime.now(UTC)}),
        (State.RUNNING, {}),
    ):
        await store.records.add(record(state=state, **more))
    async with store.records.engine.begin() as connection:
        await connection.execute(update(BATCHES).where(BATCHES.c.id == batch.id).values(ended_at=LONG_AGO))
    assert await forget(store.records, before=BEFORE) == 2
    assert (await store.pictures.get(with_picture, workspace=LOCAL.workspace)).id == with_picture
    assert [one.id for one in (await store.batches.page(workspace=LOCAL.workspace)).items] == [young.id]
    assert len((await store.records.page(workspace=LOCAL.workspace)).items) == 4
