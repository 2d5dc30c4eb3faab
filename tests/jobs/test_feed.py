import asyncio
import random

import pytest

from safelight.domain.events import Event, Finished, Gap, Notice, Queued, Stepped
from safelight.domain.pixels import Pixels
from safelight.jobs.feed import Budget, Feed, Numbered
from safelight.jobs.feeds import Feeds, recalled

pytestmark = pytest.mark.anyio
FINISHED = Finished(pictures=())


def queued() -> Queued:
    return Queued(position=0, eta_s=0)


def stepped(step: int, *, total: int = 1000) -> Stepped:
    return Stepped(step=step, total=total, progress=step / total, sigma=1, ms=1)


def frame(size: int = 100) -> Pixels:
    return Pixels(b"x" * size, "image/webp", 8, 8)


async def read(feed: Feed, *, after: int = 0) -> list[Numbered]:
    return [numbered async for numbered in feed.follow(after=after)]


def kinds(events: list[Numbered]) -> list[str]:
    return [numbered.event.kind for numbered in events]


async def test_ids_count_from_one_and_a_reader_gets_them_all() -> None:
    feed = Feed("g")
    for event in (queued(), stepped(1), FINISHED):
        feed.append(event)
    assert [(n.id, n.event.kind) for n in await read(feed)] == [(1, "queued"), (2, "step"), (3, "finished")]


async def test_a_reader_goes_on_after_the_id_it_has() -> None:
    feed = Feed("g")
    for event in (queued(), stepped(1), FINISHED):
        feed.append(event)
    assert [n.id for n in await read(feed, after=2)] == [3]
    assert await read(feed, after=3) == []
    assert await read(feed, after=10**30) == []


async def test_readers_wake_at_each_event_and_end_with_the_feed() -> None:
    feed = Feed("g")
    readers = [asyncio.create_task(read(feed)) for _ in range(3)]
    for step in range(1, 6):
        await asyncio.sleep(0)
        feed.append(stepped(step))
    feed.append(FINISHED)
    async with asyncio.timeout(1):
        assert all(len(events) == 6 for events in await asyncio.gather(*readers))


async def test_steps_over_the_byte_budget_go_oldest_first_and_a_gap_says_so() -> None:
    feed = Feed("g", budget=Budget(frame_bytes=250))
    feed.append(queued())
    for step in range(1, 6):
        feed.append(stepped(step), frame=frame(100))
    feed.append(FINISHED)
    events = await read(feed)
    assert kinds(events) == ["queued", "gap", "step", "step", "finished"]
    assert events[1] == Numbered(4, Gap.model_validate({"from": 2, "to": 4}))
    assert [step for step in range(1, 6) if feed.frame(step=step)] == [4, 5]
    assert feed.frame_bytes == 200


async def test_state_events_are_never_dropped() -> None:
    feed = Feed("g", budget=Budget(steps=2))
    for step in range(1, 50):
        feed.append(stepped(step))
        feed.append(Notice(code="n", detail=str(step)))
    feed.append(FINISHED)
    events = await read(feed)
    assert [n.event.detail for n in events if isinstance(n.event, Notice)] == [str(step) for step in range(1, 50)]
    assert [n.event.step for n in events if isinstance(n.event, Stepped)] == [48, 49]


async def test_a_step_without_a_frame_is_still_an_event() -> None:
    feed = Feed("g")
    feed.append(stepped(1))
    assert feed.next(after=0) == Numbered(1, stepped(1))
    assert feed.frame(step=1) is None


async def test_ids_go_on_after_a_restart_and_the_gap_tells_what_is_missing() -> None:
    feed = Feed("g", after=1024)
    feed.append(queued())
    assert feed.last_id == 1025
    assert feed.next(after=37) == Numbered(1024, Gap.model_validate({"from": 38, "to": 1024}))
    assert feed.next(after=1024) == Numbered(1025, queued())


async def test_nothing_follows_the_end() -> None:
    feed = Feed("g")
    feed.append(FINISHED)
    with pytest.raises(ValueError, match="ended"):
        feed.append(queued())


async def test_whatever_the_cuts_the_union_of_what_was_read_is_complete() -> None:
    chance = random.Random(7)
    feed = Feed("g", budget=Budget(steps=10))
    kept: dict[int, Event] = {}
    after = 0
    for step in range(1, 300):
        feed.append(stepped(step))
        while chance.random() < 0.5 and (numbered := feed.next(after=after)):
            kept[numbered.id], after = numbered.event, numbered.id
    feed.append(FINISHED)
    kept |= {n.id: n.event for n in await read(feed, after=after)}
    covered = set(kept) | {i for e in kept.values() if isinstance(e, Gap) for i in range(e.from_, e.to + 1)}
    assert covered == set(range(1, 301))


async def test_ended_feeds_are_forgotten_by_weight_least_recently_read_first() -> None:
    feeds = Feeds(kept_bytes=250)
    for name in "abc":
        feeds.open(name).append(stepped(1), frame=frame(100))
    for name in "ab":
        feed = feeds.get(name)
        assert feed
        feeds.end(feed, FINISHED)
    feeds.get("a")
    third = feeds.get("c")
    assert third
    feeds.end(third, FINISHED)
    assert [name for name in "abc" if feeds.get(name)] == ["a", "c"]


async def test_running_feeds_are_never_forgotten() -> None:
    feeds = Feeds(kept_bytes=0, kept=0)
    feeds.open("a").append(stepped(1), frame=frame(100))
    feeds.end(feeds.open("b"), FINISHED)
    assert feeds.get("a")
    assert not feeds.get("b")


async def test_a_forgotten_feed_tells_of_the_gap_and_the_end() -> None:
    feed = recalled("g", ending=FINISHED, last_id=30)
    assert await read(feed, after=12) == [
        Numbered(29, Gap.model_validate({"from": 13, "to": 29})),
        Numbered(30, FINISHED),
    ]
    assert await read(feed, after=29) == [Numbered(30, FINISHED)]
