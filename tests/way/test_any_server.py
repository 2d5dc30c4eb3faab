"""Several servers on one database and one Redis: any of them shows, steers and cancels what another draws."""

import asyncio
import json
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from tests import redis_server
from tests.way.reader import GENERATIONS, Heard, following, heard, state, submitted
from tests.way.test_taking_over import files, pair, until_step

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database", ["postgresql"], indirect=True)]


@pytest.fixture
def redis() -> str:
    return redis_server.answering()


def steps(events: list[Heard]) -> list[int]:
    return [event.data["step"] for event in events if event.kind == "step"]


async def test_any_server_shows_every_step_with_its_preview(tmp_path: Path, database: str, redis: str) -> None:
    async with pair(tmp_path, database, redis=redis) as (one, other):
        generation = await submitted(one.client, steps=30, seed=1)
        last = await until_step(one.client, generation, 5)
        there = await heard(other.client, generation, inline="true")
        here = await heard(one.client, generation, inline="true")
        assert [(event.id, event.kind, event.data) for event in there] == [(e.id, e.kind, e.data) for e in here]
        assert steps(there) == list(range(1, 31)) and there[-1].kind == "finished"
        assert [event.id for event in await heard(other.client, generation, after=last)] == [
            event.id for event in here if event.id > last
        ]
        frame = next(event.data["frame"] for event in here if event.kind == "step")
        seen = [await server.client.get(frame["url"]) for server in (one, other)]
        assert seen[0].status_code == 200 and seen[0].content == seen[1].content


async def test_a_websocket_at_another_server_tells_the_same(tmp_path: Path, database: str, redis: str) -> None:
    async with pair(tmp_path, database, redis=redis) as (one, other):
        generation = await submitted(one.client, steps=10, seed=1)
        url = f"{other.client.base_url}{GENERATIONS}/{generation}/events".replace("http", "ws").replace("//api", "/api")
        async with connect(url, proxy=None) as socket:
            told = [json.loads(message) async for message in socket]
        assert [said["event"] for said in told] == [event.data for event in await heard(one.client, generation)]


async def test_any_server_steers_pauses_and_cancels(tmp_path: Path, database: str, redis: str) -> None:
    async with pair(tmp_path, database, redis=redis, seconds_per_step=0.2) as (one, other):
        generation = await submitted(one.client, steps=200, seed=1)
        await until_step(one.client, generation, 2)
        address = f"{GENERATIONS}/{generation}"
        paused = await other.client.patch(address, json={"state": "paused"})
        assert paused.status_code == 200, paused.text
        assert await state(one.client, generation) == "paused"
        resumed = await other.client.patch(address, json={"state": "running", "prompt": "a blue cat"})
        assert resumed.status_code == 200, resumed.text
        wrong = await other.client.patch(address, json={"injection": {"mask": {"image": "img_" + "0" * 24}}})
        same = await one.client.patch(address, json={"injection": {"mask": {"image": "img_" + "0" * 24}}})
        assert wrong.status_code >= 400
        assert (wrong.status_code, wrong.json()["detail"]) == (same.status_code, same.json()["detail"])
        async with asyncio.timeout(30):
            cancelled = await other.client.delete(address)
            assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
            there = await heard(other.client, generation)
        assert [event.data["code"] for event in there if event.kind == "notice"] == ["paused", "steered", "resumed"]
        assert there[-1].kind == "cancelled"


async def test_a_reader_of_a_killed_server_misses_nothing_at_another(tmp_path: Path, database: str, redis: str) -> None:
    async with pair(tmp_path, database, redis=redis) as (one, other):
        generation = await submitted(one.client, steps=40, seed=1)
        before: list[Heard] = []
        async with following(one.client, generation) as events:
            async for event in events:
                before.append(event)
                if event.data.get("step") == 8:
                    break
        # More is told while nobody reads; of that, too, nothing is missing at the other.
        await until_step(one.client, generation, 14)
        one.process.kill()
        async with asyncio.timeout(60):
            rest = await heard(other.client, generation, after=before[-1].id)
        assert sorted({*steps(before), *steps(rest)}) == list(range(1, 41))
        assert [event.id for event in before + rest] == sorted({event.id for event in before + rest})
        assert rest[-1].kind == "finished" and len(await files(other.client, generation)) == 1
