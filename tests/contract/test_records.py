import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from safelight.domain.access import HOME
from safelight.domain.errors import InvalidRecipe, NotFound
from safelight.domain.events import Failed
from safelight.domain.generation import State
from safelight.store.records import GenerationRecord, Records
from tests.store.making import NOON, recipe, record

pytestmark = pytest.mark.anyio


async def test_a_record_comes_back_as_it_was_kept(records: Records) -> None:
    kept = record(recipe=recipe("eine Blüte 花 🌸"), idempotency_key="k", last_event=3, total=20)
    await records.add(kept)
    assert await records.get(kept.id, workspace=HOME) == kept
    assert await records.get("nobody", workspace=HOME) is None


async def test_changes_are_kept(records: Records) -> None:
    kept = await records.add(record())
    failed = Failed(code="out_of_memory", detail="Too big.", hint="Draw smaller.", retryable=True)
    ended_at = NOON + timedelta(seconds=3)
    await records.change(kept.id, state=State.FAILED, step=5, error=failed, ended_at=ended_at)
    changed = await records.get(kept.id, workspace=HOME)
    assert changed is not None
    assert (changed.state, changed.step, changed.error, changed.ended_at) == (State.FAILED, 5, failed, ended_at)


async def test_changing_what_is_not_there_says_so(records: Records) -> None:
    with pytest.raises(NotFound):
        await records.change("nobody", step=1)
    with pytest.raises(TypeError, match="colour"):
        await records.change("nobody", colour="red")


async def test_fifty_submits_with_one_key_make_one_generation(records: Records) -> None:
    answers = await asyncio.gather(*(records.add(record(idempotency_key="same")) for _ in range(50)))
    assert len({answer.id for answer in answers}) == 1
    assert len((await records.page(workspace=HOME)).items) == 1


async def test_the_same_id_twice_without_a_key_is_an_error(records: Records) -> None:
    kept = await records.add(record())
    with pytest.raises(IntegrityError):
        await records.add(kept)


async def test_pages_show_everything_once_even_while_new_ones_arrive(records: Records) -> None:
    # Three of each minute: the id decides among equal moments.
    kept = [await records.add(record(minute=n // 3)) for n in range(9)]
    seen: list[GenerationRecord] = []
    cursor = None
    while True:
        page = await records.page(workspace=HOME, limit=2, cursor=cursor)
        seen += page.items
        await records.add(record(minute=60))
        if (cursor := page.next_cursor) is None:
            break
    assert [one.id for one in seen] == [one.id for one in newest_first(kept)]


def newest_first(kept: Sequence[GenerationRecord]) -> list[GenerationRecord]:
    return sorted(kept, key=lambda one: (one.created_at, one.id), reverse=True)


async def test_pages_of_one_state(records: Records) -> None:
    finished = await records.add(record(state=State.FINISHED))
    await records.add(record(minute=1))
    page = await records.page(workspace=HOME, state=State.FINISHED)
    assert [one.id for one in page.items] == [finished.id]
    assert page.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "%%%", "bm90aGluZw", "äö", "A" * 5000, "OTk5OTktMTItMzEgeA"])
async def test_a_cursor_that_is_not_ours_is_refused(records: Records, cursor: str) -> None:
    with pytest.raises(InvalidRecipe, match="cursor") as caught:
        await records.page(workspace=HOME, cursor=cursor)
    assert "cursor" in caught.value.fields


@pytest.mark.parametrize("limit", [0, -1, 201])
async def test_a_page_has_sensible_limits(records: Records, limit: int) -> None:
    with pytest.raises(InvalidRecipe):
        await records.page(workspace=HOME, limit=limit)


async def test_everything_is_there_after_a_restart(database: str) -> None:
    first = await Records.open(database)
    kept = await first.add(record())
    await first.close()
    second = await Records.open(database)
    assert await second.get(kept.id, workspace=HOME) == kept
    await second.close()
