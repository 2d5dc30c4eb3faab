"""One suite for both kinds of feeds: those of one process, and those that several servers share in Redis.

`here` draws, `there` does not; of feeds in memory they are the same.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from safelight.domain.events import Event, Finished, Frame, Gap, Notice, Queued, Stepped
from safelight.domain.pixels import Pixels
from safelight.jobs.feed import Budget, Feed, Numbered
from safelight.jobs.feeds import Feeds
from safelight.jobs.shared_feeds import SharedFeeds
from safelight.jobs.shared_log import SharedLog, connect
from safelight.jobs.teller import Teller
from tests import redis_server
from tests.redis_server import OwnRedis

pytestmark = pytest.mark.anyio
FINISHED = Finished(pictures=())
MEMORY, REDIS = "memory", "redis"


@dataclass(frozen=True)
class Pair:
    here: Feeds
    there: Feeds
    another: Callable[[], Feeds]
    """Of a server that has just started."""


@asynccontextmanager
async def pair_in_redis(url: str) -> AsyncGenerator[Pair, None]:
    prefix, made = f"safelight-test-{secrets.token_hex(6)}", list[SharedFeeds]()

    def another() -> SharedFeeds:
        made.append(SharedFeeds(SharedLog(connect(url), prefix=prefix, kept_s=60)))
        return made[-1]

    try:
        yield Pair(another(), another(), another)
    finally:
        for feeds in made:
            await feeds.close()
        async with connect(url) as client:
            for key in [key async for key in client.scan_iter(f"{prefix}:*")]:
                await client.delete(key)


@pytest.fixture(params=[MEMORY, REDIS])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    if request.param == MEMORY:
        feeds = Feeds[Event]()
        yield Pair(feeds, feeds, lambda: feeds)
        return
    async with pair_in_redis(redis_server.answering()) as made:
        yield made


def stepped(step: int, *, total: int = 1000, frame: Frame | None = None) -> Stepped:
    return Stepped(step=step, total=total, progress=step / total, sigma=1, ms=1, frame=frame)


def taken(feed: Feed, step: int, *, size: int = 50) -> None:
    """A step with a preview of as many bytes, none of which is text."""
    frame = Frame(url=f"/frames/{step}", width=8, height=8, media_type="image/webp")
    feed.append(stepped(step, frame=frame), frame=Pixels(bytes([128 + step % 100]) * size, "image/webp", 8, 8))


async def joined(feeds: Feeds, generation: str) -> Feed:
    """As a reader does who comes to a server that does not draw it."""
    feed = feeds.mirror(generation)
    await feeds.catch_up(feed)
    return feed


async def read(feed: Feed, *, after: int = 0) -> list[Numbered]:
    async with asyncio.timeout(20):
        return [numbered async for numbered in feed.follow(after=after)]


async def test_who_follows_it_there_hears_all_of_it_under_the_same_ids(pair: Pair) -> None:
    feed = pair.here.open("gen_a")
    feed.append(Queued(position=0, eta_s=0))
    taken(feed, 1)
    reading = asyncio.create_task(read(await joined(pair.there, "gen_a")))
    for step in range(2, 200):
        taken(feed, step)
        if step % 50 == 0:
            await asyncio.sleep(0.01)
    pair.here.end(feed, FINISHED)
    assert await reading == await read(feed)
    assert [numbered.id for numbered in await reading] == list(range(1, 202))


async def test_frames_are_the_same_bytes(pair: Pair) -> None:
    feed = pair.here.open("gen_a")
    for step in range(1, 4):
        taken(feed, step, size=20_000 + step)
    pair.here.end(feed, FINISHED)
    there = await joined(pair.there, "gen_a")
    await read(there)
    assert [there.frame(step=step) for step in range(1, 5)] == [feed.frame(step=step) for step in range(1, 5)]
    assert there.frame(step=2) is not None


async def test_a_reader_goes_on_there_after_the_id_it_has_from_here(pair: Pair) -> None:
    feed = pair.here.open("gen_a")
    for step in range(1, 30):
        taken(feed, step)
    first = [feed.next(after=number) for number in range(10)]
    pair.here.end(feed, FINISHED)
    rest = await read(await joined(pair.there, "gen_a"), after=10)
    assert [*first, *rest] == await read(feed)


async def test_what_has_ended_can_be_heard_by_a_server_that_starts_later(pair: Pair) -> None:
    feed = pair.here.open("gen_a")
    for step in range(1, 10):
        taken(feed, step)
    pair.here.end(feed, FINISHED)
    await read(await joined(pair.there, "gen_a"))
    late = pair.another()
    known = await late.recall("gen_a") or late.get("gen_a")
    assert known is not None and await read(known) == await read(feed)
    assert await late.recall("gen_nobody_knows") is None


async def test_another_server_goes_on_and_readers_of_both_hear_it(pair: Pair) -> None:
    feed = pair.here.open("gen_a")
    taken(feed, 1)
    there = await joined(pair.there, "gen_a")
    reading = asyncio.create_task(read(there))
    while there.last_id < 1:
        await there.changed()
    pair.here.hear(feed)
    # As `Tenure` does it: what was told before is heard first, then the ids go on above all of them.
    await pair.there.catch_up(there)
    again = pair.there.open("gen_a", after=1024)
    assert again is there
    taken(again, 2)
    pair.there.end(again, FINISHED)
    assert [numbered.id for numbered in await reading] == [1, 1024, 1025, 1026]
    kinds = [one.event.kind for one in await read(await joined(pair.here, "gen_a"))]
    assert kinds == [
        "step",
        "gap",
        "step",
        "finished",
    ]


async def test_what_is_forgotten_is_forgotten_for_all(pair: Pair) -> None:
    feed = pair.here.open("gen_a")
    taken(feed, 1)
    pair.here.end(feed, FINISHED)
    await read(await joined(pair.there, "gen_a"))
    for feeds in (pair.here, pair.there):
        feeds.forget("gen_a")
        await feeds.close()
    assert await pair.another().recall("gen_a") is None


async def test_a_feed_that_was_opened_for_nothing_leaves_nothing(pair: Pair) -> None:
    pair.here.open("gen_a")
    pair.here.drop("gen_a")
    assert pair.here.get("gen_a") is None
    assert await pair.another().recall("gen_a") is None


async def test_steps_over_the_budget_leave_a_gap_there_and_state_events_stay() -> None:
    async with pair_in_redis(redis_server.answering()) as pair:
        log = SharedLog(connect(redis_server.SHARED), prefix=f"safelight-test-{secrets.token_hex(6)}", kept_s=5)
        feed = Feed("gen_a")
        teller = Teller(log, feed, budget=Budget(steps=3))
        for step in range(1, 11):
            taken(feed, step)
            feed.append(Notice(code="n", detail=str(step)))
            await asyncio.sleep(0)
        feed.append(FINISHED)
        await teller.task
        late = SharedFeeds(log)
        known = await late.recall("gen_a")
        assert known is not None and pair is not None
        told = [numbered.event for numbered in await read(known)]
        assert [event.detail for event in told if isinstance(event, Notice)] == [str(step) for step in range(1, 11)]
        assert [event.step for event in told if isinstance(event, Stepped)] == [8, 9, 10]
        assert any(isinstance(event, Gap) for event in told)
        await log.clear("gen_a")
        await late.close()


async def test_what_a_server_tells_that_was_taken_over_from_is_refused() -> None:
    async with pair_in_redis(redis_server.answering()) as pair:
        frozen = pair.here.open("gen_a")
        taken(frozen, 1)
        there = await joined(pair.there, "gen_a")
        while there.last_id < 1:
            await there.changed()
        now = pair.there.open("gen_a", after=1024)
        taken(now, 2)
        late = await joined(pair.another(), "gen_a")
        while late.last_id < 1025:
            await late.changed()
        taken(frozen, 50)
        taken(now, 3)
        pair.there.end(now, FINISHED)
        steps = [one.event.step for one in await read(late) if isinstance(one.event, Stepped)]
        assert steps == [1, 2, 3]


async def test_redis_goes_away_forgets_everything_and_comes_back(tmp_path: Path) -> None:
    with redis_server.own(tmp_path) as server:
        async with pair_in_redis(server.url) as pair:
            feed = pair.here.open("gen_a")
            taken(feed, 1)
            there = await joined(pair.there, "gen_a")
            reading = asyncio.create_task(read(there))
            while there.last_id < 1:
                await there.changed()
            server.stop()
            for step in range(2, 20):
                taken(feed, step)
                await asyncio.sleep(0.01)
            await joined(pair.there, "gen_b")
            server.start()
            taken(feed, 20)
            pair.here.end(feed, FINISHED)
            assert await reading == await read(feed)
            # Whoever comes now finds all of it, although Redis had lost the beginning.
            assert await read(await joined(pair.another(), "gen_a")) == await read(feed)


async def test_redis_restarts_between_two_steps_without_anybody_seeing_it(tmp_path: Path) -> None:
    with redis_server.own(tmp_path) as server:
        async with pair_in_redis(server.url) as pair:
            feed = pair.here.open("gen_a")
            for step in range(1, 6):
                taken(feed, step)
            there = await joined(pair.there, "gen_a")
            while there.last_id < 5:
                await there.changed()
            _restart(server)
            taken(feed, 6)
            pair.here.end(feed, FINISHED)
            await read(there)
            assert await read(await joined(pair.another(), "gen_a")) == await read(feed)


def _restart(server: OwnRedis) -> None:
    server.stop()
    server.start()
