"""What a scrape of a real server says, held against what really happened."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import func, select

from safelight.domain.access import Openness
from safelight.domain.errors import ModelBroken
from safelight.store.schema import GENERATIONS
from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS as PATH
from tests.way.reader import following
from tests.way.town import town

pytestmark = pytest.mark.anyio
WAIT = {"Prefer": "wait=30"}


async def scraped(client: httpx2.AsyncClient) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Samples by their names."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain")
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation, family.name
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


def value(samples: list[tuple[dict[str, str], float]], **labels: str) -> float:
    """The sum of those that have these labels."""
    return sum(number for of, number in samples if labels.items() <= of.items())


async def ended(client: httpx2.AsyncClient, generation: str) -> None:
    async with following(client, generation) as events:
        async for _ in events:
            pass


async def test_counters_match_the_rows_after_all_kinds_of_endings(server: Running, client: httpx2.AsyncClient) -> None:
    for number in range(4):
        await client.post(PATH, json={"prompt": f"an owl {number}", "steps": 3, "count": 2}, headers=WAIT)
    server.fake._fails_at, server.fake._failure = 2, ModelBroken("It broke.", hint="Mend it.")
    for _ in range(2):
        assert (await client.post(PATH, json={"prompt": "an owl", "steps": 3}, headers=WAIT)).json()[
            "state"
        ] == "failed"
    server.fake._fails_at = None
    server.fake._seconds_per_step = 0.2
    for _ in range(3):
        began = (await client.post(PATH, json={"prompt": "an owl", "steps": 150})).json()
        await client.delete(f"{PATH}/{began['id']}")
    async with server.runner.records.engine.connect() as connection:
        query = select(GENERATIONS.c.state, func.count()).group_by(GENERATIONS.c.state)
        rows = {row[0]: row[1] for row in await connection.execute(query)}
    assert rows == {"finished": 4, "failed": 2, "cancelled": 3}
    found = await scraped(client)
    assert {state: value(found["safelight_generations_total"], outcome=state) for state in rows} == rows
    assert value(found["safelight_accepted_total"]) == sum(rows.values())
    assert value(found["safelight_pictures_total"], provider="fake", model="fake") == 8
    assert value(found["safelight_failures_total"], code="model_broken") == 2
    assert value(found["safelight_generation_seconds_count"]) == 4
    assert value(found["safelight_first_preview_seconds_count"]) >= 4
    assert value(found["safelight_queue_wait_seconds_count"]) >= 6
    assert value(found["safelight_step_seconds_count"], model="fake") >= 4 * 2 * 3
    assert value(found["safelight_preview_bytes_total"], provider="fake") > 0
    assert value(found["safelight_line_generations"]) == 0


async def test_viewers_are_counted_as_long_as_they_look(serve: Callable[..., Running]) -> None:
    server = serve(seconds_per_step=0.2)
    async with connected(server) as client:
        generation = (await client.post(PATH, json={"prompt": "an owl", "steps": 150})).json()["id"]
        async with following(client, generation) as events:
            async for heard in events:
                if heard.kind == "step":
                    break
            found = await scraped(client)
            assert value(found["safelight_viewers"]) == 1
            assert value(found["safelight_line_generations"], state="running") == 1
        await client.delete(f"{PATH}/{generation}")
        while value((await scraped(client))["safelight_viewers"]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_requests_are_counted_by_the_template_of_their_route(client: httpx2.AsyncClient) -> None:
    for path in (f"{PATH}/one", f"{PATH}/two", "/nowhere", "/api/v1/nothing"):
        await client.get(path)
    requests = (await scraped(client))["safelight_http_request_seconds_count"]
    assert value(requests, method="GET", route=f"{PATH}/{{generation}}", status="404") == 2
    assert not [labels for labels, _ in requests if "nowhere" in labels["route"] or "/one" in labels["route"]]


async def test_labels_are_few_whatever_is_asked_for(client: httpx2.AsyncClient) -> None:
    for number in range(6):
        await client.post(PATH, json={"prompt": f"a secret {number}", "steps": 1}, headers=WAIT)
        await client.post(PATH, json={"prompt": "x", "model": f"nobody/{number}"}, headers=WAIT)
    before = sum(map(len, (await scraped(client)).values()))
    for number in range(6, 12):
        answer = await client.post(PATH, json={"prompt": f"a secret {number}", "steps": 1}, headers=WAIT)
        await client.post(PATH, json={"prompt": "x", "model": f"nobody/{number}"}, headers=WAIT)
    page = (await client.get("/metrics")).text
    assert sum(map(len, (await scraped(client)).values())) <= before + 30
    assert answer.json()["id"] not in page and "secret" not in page and "nobody" not in page


async def test_open_metrics_where_they_are_asked_for(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


TOKEN = "a token for the one who scrapes"


@asynccontextmanager
async def asking(server: Running, **headers: str) -> AsyncGenerator[httpx2.AsyncClient, None]:
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False, timeout=30, headers=headers) as client:
        yield client


async def test_who_may_scrape(tmp_path: Any) -> None:
    with town(tmp_path, metrics_token=TOKEN) as place:
        for who, status in ((None, 401), ("viewer", 403), ("admin", 403), ("keeper", 200)):
            async with place.client(who) as client:
                assert (await client.get("/metrics")).status_code == status, who
        async with asking(place.server, Authorization=f"Bearer {TOKEN}") as client:
            assert (await client.get("/metrics")).status_code == 200
            assert (await client.get("/diagnostics")).status_code == 401
        async with asking(place.server, Authorization=f"Bearer {TOKEN}x") as client:
            assert (await client.get("/metrics")).status_code == 401


async def test_without_a_token_nobody_shows_one(serve: Callable[..., Running]) -> None:
    server = serve(openness=Openness.KEYS)
    for shown in ("Bearer None", "Basic Og==", ""):
        async with asking(server, Authorization=shown) as client:
            assert (await client.get("/metrics")).status_code == 401
