"""Submitting a recipe: accepted and kept once, or refused with a sentence that helps."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS, STREAM, heard, lines_of, parse, submitted

pytestmark = pytest.mark.anyio
Serve = Callable[..., Running]

JSON = "application/json"
BAD: dict[str, tuple[bytes, str, int, str]] = {
    "empty prompt": (b'{"prompt": ""}', JSON, 422, "prompt"),
    "blank prompt": (b'{"prompt": " \\n "}', JSON, 422, "prompt"),
    "no prompt": (b"{}", JSON, 422, "prompt"),
    "prompt of 10 MB": (b'{"prompt": "' + b"x" * 10_000_000 + b'"}', JSON, 413, ""),
    "prompt of 10,001 characters": (b'{"prompt": "' + b"x" * 10_001 + b'"}', JSON, 422, "prompt"),
    "0 steps": (b'{"prompt": "a", "steps": 0}', JSON, 422, "steps"),
    "10^9 steps": (b'{"prompt": "a", "steps": 1000000000}', JSON, 422, "steps"),
    "steps in words": (b'{"prompt": "a", "steps": "20"}', JSON, 422, "steps"),
    "steps that are true": (b'{"prompt": "a", "steps": true}', JSON, 422, "steps"),
    "steps of 5,000 digits": (b'{"prompt": "a", "steps": ' + b"9" * 5000 + b"}", JSON, 400, ""),
    "guidance NaN": (b'{"prompt": "a", "guidance": NaN}', JSON, 400, ""),
    "guidance Infinity": (b'{"prompt": "a", "guidance": -Infinity}', JSON, 400, ""),
    "guidance 1e999": (b'{"prompt": "a", "guidance": 1e999}', JSON, 422, "guidance"),
    "7x7": (b'{"prompt": "a", "width": 7, "height": 7}', JSON, 422, "width"),
    "100000x100000": (b'{"prompt": "a", "width": 100000, "height": 100000}', JSON, 422, "width"),
    "a size the model lacks": (b'{"prompt": "a", "width": 2048}', JSON, 422, ""),
    "negative seed": (b'{"prompt": "a", "seed": -1}', JSON, 422, "seed"),
    "17 pictures": (b'{"prompt": "a", "count": 17}', JSON, 422, "count"),
    "unknown model": (b'{"prompt": "a", "model": "fakke"}', JSON, 422, ""),
    "unknown sampler": (b'{"prompt": "a", "sampler": "euler_z"}', JSON, 422, "sampler"),
    "unknown field": (b'{"prompt": "a", "stepps": 20}', JSON, 422, "stepps"),
    "NUL": (b'{"prompt": "a\\u0000b"}', JSON, 422, "prompt"),
    "half a surrogate pair": (b'{"prompt": "\\ud83d"}', JSON, 400, ""),
    "half a surrogate pair in a name": (b'{"prompt": "a", "\\ud83d": 1}', JSON, 400, ""),
    "not UTF-8": (b'{"prompt": "\xff\xfe"}', JSON, 400, ""),
    "truncated": (b'{"prompt": "a red dra', JSON, 400, ""),
    "nothing": (b"", JSON, 400, ""),
    "a list": (b'["a red dragon"]', JSON, 400, ""),
    "null": (b"null", JSON, 400, ""),
    "deeply nested": (b"[" * 200_000, JSON, 400, ""),
    "a number as prompt": (b'{"prompt": 5}', JSON, 422, "prompt"),
    "plain text": (b'{"prompt": "a"}', "text/plain", 415, ""),
    "XML": (b"<prompt/>", "application/xml", 415, ""),
    "a form": (b"prompt=a+red+dragon", "application/x-www-form-urlencoded", 415, ""),
    "a form with files": (b"--x--", "multipart/form-data; boundary=x", 415, ""),
}


def assert_problem(response: httpx2.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:safelight:problem:")
    assert problem["title"]
    assert problem["detail"]
    assert problem["hint"]
    return problem


async def test_bad_input_is_refused_with_a_hint_and_nothing_is_left_running(
    client: httpx2.AsyncClient, server: Running
) -> None:
    for name, (body, kind, status, field) in BAD.items():
        for accept in (STREAM, {}):
            response = await client.post(GENERATIONS, content=body, headers={"Content-Type": kind, **accept})
            problem = assert_problem(response, status)
            assert not field or field in [fault["field"] for fault in problem["errors"]], (name, problem)
            assert len(response.content) < 3000, name
    assert (await client.get(GENERATIONS)).json()["items"] == []
    assert server.fake.begun == 0
    assert server.runner.line.waiting == server.runner.line.running == 0


@pytest.mark.parametrize(
    ("recipe", "meant"),
    [({"prompt": "a", "stepps": 20}, "'steps'"), ({"prompt": "a", "model": "fakke"}, "fake")],
)
async def test_a_slip_of_the_pen_is_answered_with_what_was_meant(
    client: httpx2.AsyncClient, recipe: dict[str, Any], meant: str
) -> None:
    assert meant in (await client.post(GENERATIONS, json=recipe)).json()["hint"]


@pytest.mark.parametrize("prompt", ["龙 🐉", "e\u0301", "‮right to left", "\u200b zero width", "𝕯𝖗𝖆𝖌𝖔𝖓" * 900])
async def test_odd_but_honest_text_is_drawn(client: httpx2.AsyncClient, prompt: str) -> None:
    generation = await submitted(client, prompt=prompt, steps=1)
    assert (await heard(client, generation))[-1].kind == "finished"
    assert (await client.get(f"{GENERATIONS}/{generation}")).json()["recipe"]["prompt"] == prompt.strip()


async def test_a_chunked_body_is_counted_while_it_arrives(client: httpx2.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'{"prompt": "'
        for _ in range(1000):
            yield b"x" * 10_000

    response = await client.post(GENERATIONS, content=endless(), headers={"Content-Type": JSON})
    assert_problem(response, 413)


@pytest.mark.parametrize("header", ["Origin", "Sec-Fetch-Site"])
@pytest.mark.parametrize("said", [{"Content-Type": "application/x-www-form-urlencoded"}, {}])
async def test_a_page_of_another_site_cannot_pass_json_off_as_something_else(
    client: httpx2.AsyncClient, header: str, said: dict[str, str]
) -> None:
    headers = {**said, header: "https://elsewhere.example"}
    response = await client.post(GENERATIONS, content=b'{"prompt": "a"}', headers=headers)
    assert_problem(response, 403)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("POST", "/api/v1/nothing", 404),
        ("GET", "/nothing", 404),
        ("PUT", GENERATIONS, 405),
        ("DELETE", "/health", 405),
        ("GET", f"{GENERATIONS}/nobody", 404),
        ("DELETE", f"{GENERATIONS}/nobody", 404),
        ("GET", f"{GENERATIONS}/nobody/events", 404),
        ("GET", f"{GENERATIONS}/nobody/frames/1", 404),
        ("GET", f"{GENERATIONS}/nobody/frames/x", 422),
        ("GET", f"{GENERATIONS}?limit=0", 422),
        ("GET", f"{GENERATIONS}?state=asleep", 422),
        ("GET", f"{GENERATIONS}?cursor=%F0%9F%90%89", 422),
        ("GET", "/api/v1/pictures/nobody", 404),
        ("GET", "/api/v1/pictures/nobody/file", 404),
        ("GET", "/api/v1/pictures?cursor=bad", 422),
        ("GET", f"{GENERATIONS}/nobody/events?preview=speed:1", 422),
    ],
)
async def test_wrong_addresses_are_problems_even_for_a_browser(
    client: httpx2.AsyncClient, method: str, path: str, status: int
) -> None:
    assert_problem(await client.request(method, path, headers={"Accept": "text/html"}), status)


async def test_prefer_wait_answers_with_the_pictures(client: httpx2.AsyncClient) -> None:
    response = await client.post(
        GENERATIONS, json={"prompt": "a ship", "steps": 3}, headers={"Prefer": "respond-async, wait=20"}
    )
    assert response.status_code == 200
    assert response.headers["Preference-Applied"] == "wait=20"
    body = response.json()
    assert body["state"] == "finished"
    assert (await client.get(body["pictures"][0]["thumbnail_url"])).headers["content-type"] == "image/webp"


async def test_prefer_wait_does_not_wait_longer_than_wished(serve: Serve) -> None:
    server = serve(seconds_per_step=0.1)
    async with connected(server) as client:
        began = time.perf_counter()
        response = await client.post(GENERATIONS, json={"prompt": "a ship", "steps": 100}, headers={"Prefer": "wait=1"})
        assert 0.9 < time.perf_counter() - began < 5
        assert response.status_code == 202
        assert response.json()["state"] == "running"
        assert response.json()["step"] > 0
        await client.delete(response.headers["Location"])


async def test_the_same_key_and_recipe_are_one_generation(client: httpx2.AsyncClient, server: Running) -> None:
    key = {"Idempotency-Key": "k1"}
    first = await submitted(client, headers=key, steps=2)
    assert await submitted(client, headers=key, steps=2) == first
    await heard(client, first)
    assert await submitted(client, headers=key, steps=2) == first
    assert server.fake.begun == 1


async def test_the_same_key_with_another_recipe_is_a_conflict(client: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "k1"}
    await submitted(client, headers=key, steps=2)
    response = await client.post(GENERATIONS, json={"prompt": "a red dragon", "steps": 3}, headers=key)
    assert_problem(response, 409)


async def test_fifty_duplicates_at_once_are_one_job(client: httpx2.AsyncClient, server: Running) -> None:
    key = {"Idempotency-Key": "k50"}

    async def stream() -> list[str]:
        recipe = {"prompt": "a red dragon", "steps": 5}
        async with client.stream("POST", GENERATIONS, json=recipe, headers={**STREAM, **key}) as response:
            events = [event.kind async for event in parse(lines_of(response))]
            return [response.headers["X-Generation-Id"], *events]

    answers = await asyncio.gather(*(stream() for _ in range(50)))
    assert answers == [answers[0]] * 50
    assert answers[0][-1] == "finished"
    assert server.fake.begun == 1
    assert len((await client.get(GENERATIONS)).json()["items"]) == 1


async def test_a_full_queue_says_when_to_come_back_and_knows_what_it_accepted(serve: Serve) -> None:
    server = serve(seconds_per_step=0.1, waiting_limit=1, running_pictures=1)
    async with connected(server) as client:
        running = await submitted(client, steps=100)
        waiting = await submitted(client, headers={"Idempotency-Key": "w"})
        refused = await client.post(GENERATIONS, json={"prompt": "one too many"})
        assert assert_problem(refused, 429)["retryable"] is True
        assert int(refused.headers["Retry-After"]) >= 1
        assert await submitted(client, headers={"Idempotency-Key": "w"}) == waiting
        not_ready = await client.get("/ready")
        assert assert_problem(not_ready, 503)["detail"] == "1 generations are running and 1 are waiting."
        for generation in (waiting, running):
            await client.delete(f"{GENERATIONS}/{generation}")
        assert (await client.get("/ready")).status_code == 200
        assert len((await client.get(GENERATIONS)).json()["items"]) == 2


async def test_generations_are_listed_newest_first_by_state_and_in_pages(client: httpx2.AsyncClient) -> None:
    made = [await submitted(client, steps=1) for _ in range(5)]
    for generation in made:
        await heard(client, generation)
    await client.delete(f"{GENERATIONS}/{made[0]}")
    listed: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2", "state": "finished"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(GENERATIONS, params=params)).json()
        listed += [item["id"] for item in page["items"]]
        assert all(item["pictures"] for item in page["items"])
        if not (cursor := page["next_cursor"]):
            break
    assert listed == made[::-1]
    assert (await client.get(GENERATIONS, params={"state": "failed"})).json()["items"] == []


async def test_cancels_at_any_moment_leave_nothing_behind(serve: Serve) -> None:
    chance = random.Random(11)
    server = serve(seconds_per_step=0.002, running_pictures=3)

    async def one(client: httpx2.AsyncClient) -> str:
        generation = await submitted(client, steps=10, count=chance.randint(1, 3))
        await asyncio.sleep(chance.random())
        await client.delete(f"{GENERATIONS}/{generation}")
        return (await heard(client, generation))[-1].kind

    async with connected(server) as client:
        endings = await asyncio.gather(*(one(client) for _ in range(60)))
        items = (await client.get(GENERATIONS, params={"limit": 200})).json()["items"]
    assert set(endings) <= {"finished", "cancelled"}
    assert sorted(item["state"] for item in items) == sorted(endings)
    assert server.fake.drawing == server.runner.line.waiting == server.runner.line.running == 0
