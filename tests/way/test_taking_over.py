"""Several servers on one database: what one leaves, or does not say that it still draws, another goes on with."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.running import free_port
from tests.way.reader import GENERATIONS, following, heard, state, submitted
from tests.way.test_stopping import connected, process, until_drawn

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database", ["postgresql"], indirect=True)]
LEASE_S = 2


@dataclass(frozen=True)
class Server:
    process: asyncio.subprocess.Process
    client: httpx2.AsyncClient


@asynccontextmanager
async def pair(
    home: Path, database: str, *, seconds_per_step: float = 0.05, redis: str | None = None
) -> AsyncGenerator[list[Server], None]:
    """Two servers that share a database and a folder for pictures, as two machines would share a bucket."""
    async with AsyncExitStack() as stack:

        async def start(owner: str) -> Server:
            options = ["--database", database, "--owner", owner, "--together", "--lease-s", str(LEASE_S)]
            options += ["--checkpoint-s", "0", "--seconds-per-step", str(seconds_per_step)]
            options += [] if redis is None else ["--redis", redis, "--prefix", f"safelight-test-{database[-12:]}"]
            port = free_port()
            started = await stack.enter_async_context(process(home, port, *options))
            return Server(started, await stack.enter_async_context(connected(port)))

        yield list(await asyncio.gather(start("a"), start("b")))


async def until_step(client: httpx2.AsyncClient, generation: str, step: int) -> int:
    """The id of the event at which it has taken so many."""
    async with following(client, generation, preview="codec:none") as events:
        async for event in events:
            if event.data.get("step", 0) >= step:
                return event.id
    raise AssertionError("it ended before")


async def files(client: httpx2.AsyncClient, generation: str) -> list[bytes]:
    shown = (await client.get(f"{GENERATIONS}/{generation}")).json()
    assert shown["state"] == "finished", shown
    return [(await client.get(picture["url"])).content for picture in shown["pictures"]]


async def all_of(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    return list((await client.get(GENERATIONS, params={"limit": 200})).json()["items"])


async def test_what_a_killed_server_had_another_finishes_exactly_once(tmp_path: Path, database: str) -> None:
    recipes: list[dict[str, Any]] = [
        {"prompt": f"ship {n}", "steps": 20, "seed": n, "count": 1 + n % 2, "width": 64, "height": 64} for n in range(8)
    ]
    async with pair(tmp_path, database) as (one, other):
        made = [await submitted((one, other)[n % 2].client, **recipe) for n, recipe in enumerate(recipes)]
        last = await until_step(one.client, made[0], 5)
        one.process.kill()
        async with asyncio.timeout(60):
            stories = [await heard(other.client, generation, after=last) for generation in made[::2]]
            stories += [await heard(other.client, generation) for generation in made[1::2]]
        assert all([event.kind for event in story].count("finished") == 1 for story in stories)
        # The first was followed at the one that was killed. Its steps are not taken again, nor are ids.
        steps = [event.data["step"] for event in stories[0] if event.kind == "step"]
        assert min(steps, default=20) >= 5
        ids = [event.id for event in stories[0]]
        assert ids == sorted(ids) and ids[0] > last
        drawn = [await files(other.client, generation) for generation in made]
        assert [len(some) for some in drawn] == [recipe["count"] for recipe in recipes]
        assert len(await all_of(other.client)) == len(recipes)
        kept = [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()]
        assert len(kept) == 2 * sum(len(some) for some in drawn), "a file too many, or too few"
        again = [await submitted(other.client, **recipe) for recipe in recipes[:2]]
        for generation, expected in zip(again, drawn, strict=False):
            await heard(other.client, generation)
            assert await files(other.client, generation) == expected


async def test_a_server_that_stops_politely_hands_on_at_once(tmp_path: Path, database: str) -> None:
    async with pair(tmp_path, database) as (one, other):
        generation = await submitted(one.client, steps=60, seed=1)
        last = await until_step(one.client, generation, 5)
        one.process.send_signal(signal.SIGTERM)
        assert await one.process.wait() == 0
        began = asyncio.get_running_loop().time()
        async with following(other.client, generation, after=last) as events:
            first = next_step = None
            async for event in events:
                if event.kind == "step":
                    first = first or asyncio.get_running_loop().time()
                    next_step = next_step or event.data["step"]
        assert first is not None and first - began < LEASE_S
        assert next_step is not None and next_step > 5
        assert len(await files(other.client, generation)) == 1


async def test_a_server_that_was_frozen_for_too_long_writes_nothing_more(tmp_path: Path, database: str) -> None:
    async with pair(tmp_path, database) as (one, other):
        generation = await submitted(one.client, steps=40, seed=1)
        async with following(one.client, generation) as events:
            while (await anext(events)).data.get("step") != 5:
                pass
            one.process.send_signal(signal.SIGSTOP)
            await until_step(other.client, generation, 10)
            one.process.send_signal(signal.SIGCONT)
            rest = [event async for event in events]
        # Whoever follows it there hears the end, under the number that it has everywhere.
        assert [event.kind for event in rest if event.kind != "step"] == ["gap", "finished"]
        end = (await heard(other.client, generation))[-1]
        assert (rest[-1].id, rest[-1].data) == (end.id, end.data)
        assert len(end.data["pictures"]) == 1
        assert len([path for path in (tmp_path / "pictures").rglob("*") if path.is_file()]) == 2
        assert one.process.returncode is None and await state(one.client, generation) == "finished"


async def test_what_another_server_draws_can_be_seen_and_cancelled(tmp_path: Path, database: str) -> None:
    async with pair(tmp_path, database) as (one, other):
        generation = await submitted(one.client, steps=200)
        await until_step(one.client, generation, 2)
        await asyncio.sleep(LEASE_S / 2)
        assert await state(other.client, generation) == "running"
        shown = (await other.client.get(f"{GENERATIONS}/{generation}")).json()
        assert 0 < shown["step"] < shown["total"] == 200
        refused = await other.client.patch(f"{GENERATIONS}/{generation}", json={"guidance": 3})
        assert refused.status_code == 409 and "Another server" in refused.json()["detail"]
        following_it = asyncio.create_task(heard(other.client, generation))
        cancelled = await other.client.delete(f"{GENERATIONS}/{generation}")
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
        assert (await following_it)[-1].kind == "cancelled"
        assert (await heard(one.client, generation))[-1].kind == "cancelled"


async def test_a_batch_is_drawn_by_both_and_every_cell_once(tmp_path: Path, database: str) -> None:
    seeds = list(range(24))
    wish = {
        "recipe": {"prompt": "a ship", "steps": 8, "width": 64, "height": 64},
        "axes": [{"field": "seed", "values": seeds}],
    }
    async with pair(tmp_path, database) as (one, other):
        batch = (await one.client.post("/api/v1/batches", json=wish)).json()["id"]
        async with asyncio.timeout(40):
            await until_drawn(other.client, batch, cells=6)
            one.process.kill()
            shown = await until_drawn(other.client, batch, cells=len(seeds))
        assert shown["counts"]["finished"] == len(seeds)
        assert sorted(one["recipe"]["seed"] for one in await all_of(other.client)) == seeds
        assert all(len(cell["pictures"]) == 1 for cell in shown["cells"])
