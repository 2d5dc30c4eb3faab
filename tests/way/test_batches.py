"""Batches over HTTP: lists and grids, whole or not at all, through cancels, failures and restarts."""

import asyncio
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from safelight.moderation.gate import Gate
from safelight.moderation.words import Rules, read_lists
from tests.store.making import png
from tests.way.conftest import connected
from tests.way.house import Plan, Running, running
from tests.way.reader import GENERATIONS, following, heard

pytestmark = pytest.mark.anyio
BATCHES = "/api/v1/batches"
GRID = {
    "recipe": {"prompt": "a red cat", "steps": 2},
    "axes": [
        {"field": "guidance", "range": {"first": 2, "last": 4, "step": 0.5}},
        {"field": "prompt", "search": "cat", "values": ["cat", "owl"]},
    ],
}


async def submitted(client: httpx2.AsyncClient, body: Any, **headers: str) -> dict[str, Any]:
    answer = await client.post(BATCHES, json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == answer.json()["links"]["self"]
    return dict(answer.json())


async def ended(client: httpx2.AsyncClient, batch: str) -> dict[str, Any]:
    for _ in range(1000):
        shown = (await client.get(f"{BATCHES}/{batch}")).json()
        if shown["ended_at"] is not None:
            return dict(shown)
        await asyncio.sleep(0.02)
    raise AssertionError(f"it does not end: {shown['counts']}")


async def begun(server: Running, generations: int) -> None:
    while server.fake.begun < generations:  # noqa: ASYNC110 - nobody announces it
        await asyncio.sleep(0.01)


async def recipes(client: httpx2.AsyncClient, batch: dict[str, Any]) -> list[dict[str, Any]]:
    generations = [cell["generation"] for cell in batch["cells"]]
    return [(await client.get(f"{GENERATIONS}/{generation}")).json()["recipe"] for generation in generations]


async def test_a_grid_draws_every_combination_with_one_seed(client: httpx2.AsyncClient) -> None:
    batch = await ended(client, (await submitted(client, GRID))["id"])
    assert batch["state"] == "finished"
    assert batch["counts"] == {name: 10 if name == "finished" else 0 for name in batch["counts"]}
    assert [cell["values"] for cell in batch["cells"]] == [
        [guidance, animal] for animal in ("cat", "owl") for guidance in (2.0, 2.5, 3.0, 3.5, 4.0)
    ]
    drawn = await recipes(client, batch)
    assert [[recipe["guidance"], recipe["prompt"].split()[-1]] for recipe in drawn] == [
        cell["values"] for cell in batch["cells"]
    ]
    assert len({recipe["seed"] for recipe in drawn}) == 1
    assert all(len(cell["pictures"]) == 1 for cell in batch["cells"])
    generation = (await client.get(f"{GENERATIONS}/{batch['cells'][3]['generation']}")).json()
    assert generation["cell"] == {"batch": batch["id"], "index": 3}


async def test_a_list_of_recipes_is_paged_with_the_others(client: httpx2.AsyncClient) -> None:
    ids = [
        (await submitted(client, {"recipes": [{"prompt": f"{name} {number}", "steps": 1} for number in range(3)]}))[
            "id"
        ]
        for name in ("owl", "cat")
    ]
    newest = (await client.get(BATCHES, params={"limit": 1})).json()
    assert [batch["id"] for batch in newest["items"]] == ids[1:]
    older = (await client.get(BATCHES, params={"limit": 1, "cursor": newest["next_cursor"]})).json()
    assert [batch["id"] for batch in older["items"]] == ids[:1]
    assert older["next_cursor"] is None
    batch = await ended(client, ids[0])
    assert [recipe["prompt"] for recipe in await recipes(client, batch)] == ["owl 0", "owl 1", "owl 2"]
    assert len({recipe["seed"] for recipe in await recipes(client, batch)}) == 3


def axis(field: str, *values: object, **more: object) -> dict[str, Any]:
    return {"recipe": {"prompt": "a cat", "steps": 1}, "axes": [{"field": field, "values": list(values), **more}]}


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (axis("guidance", 1, 2, 99), "cells.2.guidance", "Cell 2 (guidance = 99)"),
        (axis("sampler", "ddim", "dim"), "cells.1.sampler", "Cell 1 (sampler = dim)"),
        (axis("loras.0.weight", 1), "axes.0.field", "leads nowhere"),
        (axis("hires.scale", 2), "axes.0.field", "leads nowhere"),
        (axis("stpes", 2), "cells.0.stpes", "Cell 0"),
        (axis("prompt", "owl", search="dog"), "axes.0.search", "does not stand in prompt"),
        (axis("prompt", 3, search="cat"), "axes.0", "text"),
        (axis("seed"), "axes.0.values", "at least 1"),
        ({**axis("seed", *range(30)), "axes": [axis("seed", *range(30))["axes"][0]] * 2}, "axes", "900 cells"),
        ({"recipe": {"prompt": "a"}, "axes": axis("seed", 1)["axes"] * 2}, "axes.0.field", "another axis"),
        ({"recipe": {"prompt": "a"}}, "body", "belong together"),
        ({"recipes": []}, "recipes", "at least 1"),
        ({"recipes": [{"prompt": "a"}], "recipe": {"prompt": "a"}}, "body", "either"),
        ({"recipes": [{"prompt": "a"}, {"prompt": "b", "width": 1024, "height": 2048}]}, None, "Cell 1"),
        ({"recipes": [{"prompt": "a", "model": "fake"}, {"prompt": "b", "model": "none"}]}, None, "Cell 1"),
        ({"recipes": [{"prompt": "a"}, {"prompt": "b", "steps": 0}]}, "recipes.1.steps", "greater"),
        (
            {"recipe": {"prompt": "a"}, "axes": [{"field": "seed", "range": {"first": 1, "last": 0}}]},
            "axes.0.range",
            "",
        ),
    ],
)
async def test_a_batch_that_is_wrong_anywhere_is_refused_whole(
    client: httpx2.AsyncClient, body: Any, field: str | None, words: str
) -> None:
    answer = await client.post(BATCHES, json=body)
    problem = answer.json()
    assert answer.status_code == 422, problem
    assert words in problem["detail"] + problem["hint"]
    if field is not None:
        assert field in [fault["field"] for fault in problem["errors"]]
    assert (await client.get(BATCHES)).json()["items"] == []
    assert (await client.get(GENERATIONS)).json()["items"] == []


async def test_moderation_reads_every_cell_before_any_is_drawn(serve: Callable[..., Running]) -> None:
    async with connected(serve(gate=Gate(rules=Rules(read_lists())))) as client:
        answer = await client.post(BATCHES, json=axis("prompt", "dog", "nude woman", search="cat"))
        assert answer.status_code == 422
        assert answer.json()["code"] == "not_allowed"
        assert answer.json()["detail"].startswith("Cell 1 (cat = nude woman): ")
        assert (await client.get(GENERATIONS)).json()["items"] == []


async def test_the_same_key_and_wish_are_the_same_batch_also_at_once(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(submitted(client, GRID, **{"Idempotency-Key": "k"}) for _ in range(8)))
    assert len({answer["id"] for answer in answers}) == 1
    other = await client.post(BATCHES, json=axis("seed", 1), headers={"Idempotency-Key": "k"})
    assert other.status_code == 409
    await ended(client, answers[0]["id"])
    assert len((await client.get(GENERATIONS)).json()["items"]) == 10


async def test_a_large_batch_leaves_room_in_the_line(serve: Callable[..., Running]) -> None:
    server = serve(waiting_limit=4, running_pictures=2, seconds_per_step=0.005)
    async with connected(server) as client:
        batch = await submitted(client, axis("seed", *range(30)))
        for number in range(5):
            answer = await client.post(GENERATIONS, json={"prompt": f"between {number}", "steps": 1})
            assert answer.status_code == 202, "a batch fills the line"
            await asyncio.sleep(0.02)
        assert (await ended(client, batch["id"]))["counts"]["finished"] == 30


async def test_what_fails_is_told_and_fails_nothing_else(server: Running, client: httpx2.AsyncClient) -> None:
    image = (await client.post("/api/v1/images", content=png(), headers={"Content-Type": "image/png"})).json()["id"]
    server.fake._seconds_per_step = 0.2
    wish = {"recipes": [{"prompt": "a", "steps": 1, "count": 8}, *({"prompt": "b", "steps": 1} for _ in range(10))]}
    wish["recipes"][-1] = {"prompt": "c", "steps": 1, "image": {"image": image, "strength": 1.0}}
    batch = await submitted(client, wish)
    (server.plan.home / "inputs" / image).unlink()
    shown = await ended(client, batch["id"])
    assert shown["state"] == "finished"
    assert shown["counts"]["failed"] == 1
    assert shown["counts"]["finished"] == 10
    last = shown["cells"][-1]
    assert last["state"] == "failed"
    assert last["error"]["detail"]
    assert last["pictures"] == []


async def test_a_cell_that_is_refused_when_its_turn_comes_says_why(server: Running, client: httpx2.AsyncClient) -> None:
    drawn = (await client.post(GENERATIONS, json={"prompt": "a", "steps": 1}, headers={"Prefer": "wait=9"})).json()
    picture = drawn["pictures"][0]["id"]
    server.fake._seconds_per_step = 0.2
    many = [{"prompt": "b", "steps": 1} for _ in range(10)]
    start = {"prompt": "c", "steps": 1, "image": {"image": picture, "strength": 1.0}}
    batch = await submitted(client, {"recipes": [*many, start]})
    await client.delete(f"/api/v1/pictures/{picture}", params={"forever": True})
    shown = await ended(client, batch["id"])
    cell = shown["cells"][10]
    assert (cell["state"], cell["generation"]) == ("failed", None)
    assert picture in cell["error"]["detail"]
    assert shown["counts"]["finished"] == 10


async def test_a_cancelled_batch_draws_nothing_more(server: Running, client: httpx2.AsyncClient) -> None:
    batch = (await submitted(client, {"recipes": [{"prompt": str(n), "steps": 100} for n in range(30)]}))["id"]
    await begun(server, 1)
    answer = await client.delete(f"{BATCHES}/{batch}")
    assert answer.status_code == 200
    shown = answer.json()
    assert shown["state"] == "cancelled"
    assert shown["ended_at"] is not None
    assert shown["counts"]["cancelled"] == 30
    assert (await client.delete(f"{BATCHES}/{batch}")).json() == shown
    drawn = server.fake.begun
    await asyncio.sleep(0.1)
    assert server.fake.begun == drawn < 30
    assert (await client.delete(f"{BATCHES}/bat_none")).status_code == 404


async def test_a_batch_that_has_ended_stays_as_it_ended(client: httpx2.AsyncClient) -> None:
    batch = await ended(client, (await submitted(client, axis("seed", 1, 2)))["id"])
    assert (await client.delete(f"{BATCHES}/{batch['id']}")).json() == batch


async def test_a_restarted_server_goes_on_feeding(tmp_path: Path) -> None:
    with running(Plan(home=tmp_path, running_pictures=2, seconds_per_step=0.02)) as server:
        async with connected(server) as client:
            batch = (await submitted(client, axis("seed", *range(20))))["id"]
            stopped = (await submitted(client, axis("seed", *range(20))))["id"]
            await begun(server, 4)
    with running(Plan(home=tmp_path)) as server:
        async with connected(server) as client:
            assert (await client.delete(f"{BATCHES}/{stopped}")).json()["state"] == "cancelled"
            shown = await ended(client, batch)
            assert shown["counts"]["finished"] == 20
            assert [recipe["seed"] for recipe in await recipes(client, shown)] == list(range(20))
            of_batch = [cell["generation"] for cell in shown["cells"]]
            assert len(set(of_batch)) == 20


async def test_a_contact_sheet_has_a_place_for_every_cell(client: httpx2.AsyncClient) -> None:
    batch = await submitted(client, GRID)
    await ended(client, batch["id"])
    for name, media_type in (("webp", "image/webp"), ("png", "image/png")):
        answer = await client.get(batch["links"]["grid"], params={"format": name})
        assert answer.headers["content-type"] == media_type
        with Image.open(BytesIO(answer.content)) as sheet:
            assert sheet.format == name.upper()
            assert sheet.width > 5 * 256
            assert 2 * 256 < sheet.height < 3 * 256
            # Two cells that have different pictures, and a label above and beside them.
            assert len(set(sheet.convert("L").crop((0, 0, sheet.width, 20)).tobytes())) > 2
            assert len(set(sheet.convert("L").crop((0, 30, 20, 290)).tobytes())) > 2


async def test_there_is_no_contact_sheet_without_a_picture(server: Running, client: httpx2.AsyncClient) -> None:
    server.fake._seconds_per_step = 1
    batch = await submitted(client, axis("seed", 1))
    answer = await client.get(batch["links"]["grid"])
    assert answer.status_code == 404
    await client.delete(f"{BATCHES}/{batch['id']}")


async def test_a_batch_tells_what_becomes_of_its_cells(client: httpx2.AsyncClient) -> None:
    wish = {"recipes": [*({"prompt": f"{n}", "steps": 20, "count": 1 + n % 2} for n in range(4)), {"prompt": "x"}]}
    batch = await submitted(client, wish)
    story = await heard(client, batch["id"])
    assert [event.id for event in story] == sorted({event.id for event in story})
    assert story[-1].kind == "ended" and {event.kind for event in story[:-1]} == {"cell"}
    assert story[-1].data["state"] == "finished" and story[-1].data["counts"]["finished"] == 5
    for index in range(5):
        cell = [event.data for event in story if event.data.get("index") == index]
        states = list(dict.fromkeys(told["state"] for told in cell))
        assert states == ["queued", "running", "finished"]
        assert [told["progress"] for told in cell] == sorted(told["progress"] for told in cell)
        assert len(cell) <= 13, "a tenth at a time"
        for picture in cell[-1]["pictures"]:
            assert (await client.get(picture["url"])).status_code == 200
        assert len(cell[-1]["pictures"]) == (1 + index % 2 if index < 4 else 1)
    # From where the connection was lost; and after the end there is nothing.
    assert await heard(client, batch["id"], after=story[4].id) == story[5:]
    answer = await client.get(batch["links"]["events"], headers={"Last-Event-ID": str(story[-1].id)})
    assert answer.status_code == 204
    assert (await client.get(f"{BATCHES}/bat_none/events")).status_code == 404


async def test_what_a_restart_interrupted_is_told_on(tmp_path: Path) -> None:
    with running(Plan(home=tmp_path, running_pictures=2, seconds_per_step=0.02)) as server:
        async with connected(server) as client:
            batch = (await submitted(client, axis("seed", *range(12))))["id"]
            cancelled = (await submitted(client, axis("seed", *range(200))))["id"]
            async with following(client, batch) as events:
                seen = [await anext(events) for _ in range(12)]
            await client.delete(f"{BATCHES}/{cancelled}")
            (*cells, end) = await heard(client, cancelled)
            assert end.data["state"] == "cancelled"
            final = [cell.data["index"] for cell in cells if cell.data["state"] in ("finished", "cancelled")]
            assert sorted(final) == list(range(200))
    with running(Plan(home=tmp_path)) as server:
        async with connected(server) as client:
            rest = await heard(client, batch, after=seen[-1].id)
            assert rest[0].kind == "gap" and rest[0].data["from"] == seen[-1].id + 1
            final = [event.data["index"] for event in rest[1:-1] if event.data["state"] == "finished"]
            assert sorted(final) == list(range(12)), "each once, with those that had ended before"
    with running(Plan(home=tmp_path)) as server:
        async with connected(server) as client:
            story = await heard(client, batch)
            assert [event.data["index"] for event in story[:-1]] == list(range(12))
            assert all(len(event.data["pictures"]) == 1 for event in story[:-1])
            later = await heard(client, batch, after=seen[-1].id)
            assert [event.kind for event in later] == ["gap", *["cell"] * 12, "ended"]
