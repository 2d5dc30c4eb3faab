"""What keeps things goes away while a server draws, and comes back: what was accepted is drawn all the same, once."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from safelight.domain.errors import StoreAway
from tests import postgresql
from tests.store.making import png
from tests.way.conftest import connected
from tests.way.house import Plan, Running
from tests.way.reader import GENERATIONS, following, submitted
from tests.way.test_submitting import assert_problem

pytestmark = pytest.mark.anyio
DRAWN_S = 60
PNG = {"Content-Type": "image/png"}


@asynccontextmanager
async def started(plan: Plan) -> AsyncGenerator[Running, None]:
    """A server, without holding up this loop: what it reaches for may go through it."""
    server = Running(plan)
    await asyncio.to_thread(server.start)
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_database_that_goes_away_is_waited_for(tmp_path: Path, database: str) -> None:
    async with postgresql.cabled(database) as (cable, through):
        plan = Plan(home=tmp_path, database=through, seconds_per_step=0.05, checkpoint_s=0, lease_s=1)
        async with started(plan) as server, connected(server) as client:
            generation = await submitted(client, steps=10, seed=7)
            told = []
            async with asyncio.timeout(DRAWN_S), following(client, generation) as feed:
                async for event in feed:
                    told.append(event)
                    if event.kind == "step" and event.data["step"] == 5 and "notice" not in {one.kind for one in told}:
                        cable.pull()
                        refused = await client.post(GENERATIONS, json={"prompt": "an owl"})
                        assert assert_problem(refused, 503)["code"] == "store_away" and refused.headers["Retry-After"]
                        assert (await client.get("/health")).status_code == 200
                    if event.kind == "notice" and not cable.plugged:
                        # It was drawn to its end, and cannot be kept.
                        assert event.data["code"] == "store_away" and "does not answer" in event.data["detail"]
                        cable.plugged = True
            assert cable.plugged
            assert [event.kind for event in told if event.kind in ("finished", "failed")] == ["finished"]
            ids = [event.id for event in told]
            assert ids == sorted(set(ids))
            shown = (await client.get(f"{GENERATIONS}/{generation}")).json()
            assert shown["state"] == "finished" and len(shown["pictures"]) == 1
            assert len((await client.get("/api/v1/pictures")).json()["items"]) == 1


async def test_a_disk_that_is_full_is_waited_for(serve: Callable[..., Running]) -> None:
    server = serve(lease_s=1, checkpoint_s=0)
    blobs = server.runner.pictures.blobs
    put = blobs.put

    async def refuse(*_: Any) -> None:
        raise StoreAway("No file can be written: No space left on device.", hint="Make room.")

    blobs.put = refuse  # type: ignore[method-assign, assignment]
    async with connected(server) as client:
        generation = await submitted(client, steps=3, count=2)
        async with asyncio.timeout(DRAWN_S), following(client, generation) as feed:
            async for event in feed:
                if event.kind == "notice" and event.data["code"] == "store_away":
                    assert "No space left" in event.data["detail"]
                    refused = await client.post("/api/v1/pictures", content=png(), headers=PNG)
                    assert assert_problem(refused, 503)["code"] == "store_away"
                    assert (await client.get(f"{GENERATIONS}/{generation}")).json()["state"] == "running"
                    blobs.put = put  # type: ignore[method-assign]
        assert event.kind == "finished"
        shown = (await client.get(f"{GENERATIONS}/{generation}")).json()
        assert len(shown["pictures"]) == 2
    files = [path for path in (server.plan.home / "pictures").rglob("*.*") if path.is_file()]
    assert len(files) == 4, "two pictures with their thumbnails"
