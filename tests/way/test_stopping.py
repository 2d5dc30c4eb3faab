"""The server stops, politely or not, and nothing that was accepted is lost."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.running import free_port
from tests.way.reader import GENERATIONS, STREAM, following, heard, lines_of, parse, state, submitted

pytestmark = pytest.mark.anyio
HOUSE = Path(__file__).parents[2]


@asynccontextmanager
async def process(home: Path, port: int, *options: str) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    """A server in a process of its own, killed at the end where it still lives."""
    command = [sys.executable, "-W", "error", "-m", "tests.way.house", str(home), str(port), *options]
    path = {"PYTHONPATH": f"{HOUSE / 'src'}:{HOUSE}"}
    server = await asyncio.create_subprocess_exec(*command, env=path, cwd=HOUSE)
    try:
        await until_ready(port)
        yield server
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()


async def until_ready(port: int) -> None:
    async with asyncio.timeout(60), connected(port) as client:
        while True:
            try:
                if (await client.get("/health")).status_code == 200:
                    return
            except httpx2.TransportError:
                await asyncio.sleep(0.05)


def connected(port: int) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False, verify=False)


async def test_sigterm_ends_open_streams_promptly_and_the_job_resumes(tmp_path: Path) -> None:
    port = free_port()
    async with process(tmp_path, port) as server, connected(port) as client:
        recipe = {"prompt": "a ship", "steps": 40}
        async with client.stream("POST", GENERATIONS, json=recipe, headers=STREAM) as response:
            generation = response.headers["X-Generation-Id"]
            events = parse(lines_of(response))
            while (await anext(events)).kind != "step":
                pass
            began = time.perf_counter()
            server.send_signal(signal.SIGTERM)
            assert "failed" not in [event.kind async for event in events]
        assert await server.wait() == 0
        assert time.perf_counter() - began < 4
    async with process(tmp_path, port), connected(port) as client:
        assert (await heard(client, generation))[-1].kind == "finished"


async def test_sigterm_answers_who_waits_for_the_pictures(tmp_path: Path) -> None:
    port = free_port()
    async with process(tmp_path, port) as server, connected(port) as client:
        recipe, prefer = {"prompt": "a ship", "steps": 100}, {"Prefer": "wait=60"}
        waiting = asyncio.create_task(client.post(GENERATIONS, json=recipe, headers=prefer))
        await asyncio.sleep(0.5)
        server.send_signal(signal.SIGTERM)
        assert (await waiting).status_code == 202
        assert await server.wait() == 0


@pytest.mark.parametrize(
    ("database", "written_down"), [("sqlite", True), ("sqlite", False), ("postgresql", True)], indirect=["database"]
)
async def test_killed_in_mid_run_it_draws_the_same_pictures_after_the_restart(
    tmp_path: Path, database: str, written_down: bool
) -> None:
    port, every = free_port(), ("--checkpoint-s", "0" if written_down else "60", "--database", database)
    async with process(tmp_path, port, *every) as server, connected(port) as client:
        undisturbed = await submitted(client, steps=30, seed=5)
        picture = (await heard(client, undisturbed))[-1].data["pictures"][0]
        expected = (await client.get(picture["url"])).content
        running = await submitted(client, steps=30, seed=5)
        async with following(client, running) as events:
            last = 0
            while last < 12:
                last = (await anext(events)).id
            server.kill()
            await server.wait()
    async with process(tmp_path, port, *every), connected(port) as client:
        events_after = await heard(client, running, after=last)
        assert events_after[0].kind == "gap"
        assert [event.id for event in events_after] == sorted(event.id for event in events_after)
        assert events_after[0].data["from"] == last + 1
        steps = [event.data["step"] for event in events_after if event.kind == "step"]
        first = steps[0]
        assert steps == list(range(first, 31)) and (first > 9 if written_down else first == 1)
        others = [event.data.get("code", event.kind) for event in events_after[1:] if event.kind != "step"]
        assert others == ["queued", "started", *(["went_on"] if written_down else []), "finished"]
        (again,) = events_after[-1].data["pictures"]
        assert (await client.get(again["url"])).content == expected
        assert await state(client, undisturbed) == "finished"
        assert len((await client.get("/api/v1/pictures")).json()["items"]) == 2


async def test_sigterm_writes_down_where_it_is_and_what_was_steered_and_paused_stays_so(tmp_path: Path) -> None:
    port = free_port()
    async with process(tmp_path, port) as server, connected(port) as client:
        generation = await submitted(client, steps=60, seed=5)
        async with following(client, generation) as events:
            while (await anext(events)).data.get("step") != 4:
                pass
        turned = await client.patch(f"{GENERATIONS}/{generation}", json={"prompt": "a cat", "state": "paused"})
        assert turned.json()["state"] == "paused"
        server.send_signal(signal.SIGTERM)
        assert await server.wait() == 0
    async with process(tmp_path, port), connected(port) as client:
        recipe = (await client.get(f"{GENERATIONS}/{generation}")).json()["recipe"]
        assert recipe == turned.json()["recipe"] and recipe["steering"][0]["prompt"] == "a cat"
        assert await state(client, generation) == "paused"
        body = {"state": "running", "stop_after": recipe["steering"][0]["step"] + 3}
        assert (await client.patch(f"{GENERATIONS}/{generation}", json=body)).status_code == 503
        await client.patch(f"{GENERATIONS}/{generation}", json={"state": "running"})
        steps = [event.data["step"] for event in await heard(client, generation) if event.kind == "step"]
        # It may take the step at which it was turned before it hears that it is to pause.
        turned_at = recipe["steering"][0]["step"]
        assert steps[0] in (turned_at, turned_at + 1) and steps == list(range(steps[0], 61))


async def test_what_was_cancelled_stays_cancelled_after_the_restart(tmp_path: Path) -> None:
    port = free_port()
    async with process(tmp_path, port) as server, connected(port) as client:
        generation = await submitted(client, steps=100)
        await client.delete(f"{GENERATIONS}/{generation}")
        server.kill()
        await server.wait()
    async with process(tmp_path, port), connected(port) as client:
        assert await state(client, generation) == "cancelled"
        assert [event.kind for event in await heard(client, generation)] == ["gap", "cancelled"]


async def test_a_batch_that_is_killed_twice_draws_every_cell_once(tmp_path: Path) -> None:
    port, batches = free_port(), "/api/v1/batches"
    wish = {
        "recipe": {"prompt": "a ship", "steps": 4, "width": 64, "height": 64},
        "axes": [{"field": "seed", "values": list(range(24))}],
    }
    async with process(tmp_path, port) as server, connected(port) as client:
        batch = (await client.post(batches, json=wish)).json()["id"]
        await until_drawn(client, batch, cells=4)
        server.kill()
        await server.wait()
    async with process(tmp_path, port) as server, connected(port) as client:
        await until_drawn(client, batch, cells=10)
        server.kill()
        await server.wait()
    async with process(tmp_path, port), connected(port) as client:
        shown = await until_drawn(client, batch, cells=24)
        assert [cell["state"] for cell in shown["cells"]] == ["finished"] * 24
        generations = (await client.get(GENERATIONS, params={"limit": 200})).json()["items"]
        assert sorted(generation["recipe"]["seed"] for generation in generations) == list(range(24))
        assert all(len(generation["pictures"]) == 1 for generation in generations)


async def until_drawn(client: httpx2.AsyncClient, batch: str, *, cells: int) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            shown: dict[str, Any] = (await client.get(f"/api/v1/batches/{batch}")).json()
            if shown["counts"]["finished"] >= cells:
                return shown
            await asyncio.sleep(0.05)
