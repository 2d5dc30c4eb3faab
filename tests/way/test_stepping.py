"""Stepping into a generation under way, over HTTP."""

import asyncio
import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx2
import pytest
from PIL import Image

from safelight.store.metadata import read
from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS, Heard, following, heard, pixels, state, submitted
from tests.way.test_submitting import assert_problem

pytestmark = pytest.mark.anyio
Serve = Callable[..., Running]


@pytest.fixture
def slow(serve: Serve) -> Running:
    return serve(seconds_per_step=0.15)


async def picture_of(client: httpx2.AsyncClient, generation: str) -> bytes:
    """The first picture of a generation, once it is finished."""
    last = (await heard(client, generation))[-1]
    assert last.kind == "finished", last
    return (await client.get(last.data["pictures"][0]["url"])).content


async def after_step(client: httpx2.AsyncClient, generation: str, step: int) -> None:
    async with following(client, generation) as events:
        async for event in events:
            if event.data.get("step", 0) >= step:
                return


async def patch(client: httpx2.AsyncClient, generation: str, **wishes: Any) -> dict[str, Any]:
    response = await client.patch(f"{GENERATIONS}/{generation}", json=wishes)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def codes(events: list[Heard]) -> list[str]:
    return [event.data["code"] for event in events if event.kind == "notice"]


async def test_a_paused_generation_stands_still_lets_others_go_and_ends_as_if_nothing_had_been(slow: Running) -> None:
    async with connected(slow) as client:
        undisturbed = await picture_of(client, await submitted(client, steps=6, seed=1))
        generation = await submitted(client, steps=6, seed=1)
        await after_step(client, generation, 2)
        assert (await patch(client, generation, state="paused"))["state"] == "paused"
        (listed,) = (await client.get(GENERATIONS, params={"state": "paused"})).json()["items"]
        assert listed["id"] == generation
        assert (await heard(client, await submitted(client, steps=8)))[-1].kind == "finished"
        assert (await patch(client, generation, state="paused"))["step"] == listed["step"]
        assert (await patch(client, generation, state="running"))["state"] == "running"
        events = await heard(client, generation)
        assert codes(events) == ["paused", "resumed"]
        kinds = [event.data.get("code", event.kind) for event in events]
        assert "step" not in kinds[kinds.index("paused") : kinds.index("resumed")]
        assert pixels(await picture_of(client, generation)) == pixels(undisturbed)


async def test_a_paused_generation_frees_its_place_and_can_be_cancelled(serve: Serve) -> None:
    server = serve(seconds_per_step=0.05, running_pictures=1)
    async with connected(server) as client:
        first = await submitted(client, steps=100)
        await after_step(client, first, 1)
        second = await submitted(client, steps=2)
        assert await state(client, second) == "queued"
        await patch(client, first, state="paused")
        assert (await heard(client, second))[-1].kind == "finished"
        assert (await client.delete(f"{GENERATIONS}/{first}")).json()["state"] == "cancelled"
        assert server.runner.line.running == server.runner.line.paused == server.fake.drawing == 0


async def test_a_turn_is_part_of_the_recipe_and_the_recipe_draws_the_same_picture(slow: Running) -> None:
    async with connected(slow) as client:
        plain = await picture_of(client, await submitted(client, steps=8, seed=3))
        generation = await submitted(client, steps=8, seed=3)
        await after_step(client, generation, 2)
        recipe = (await patch(client, generation, prompt="a blue cat", guidance=3.5))["recipe"]
        (change,) = recipe["steering"]
        assert change["step"] >= 3 and (change["prompt"], change["guidance"]) == ("a blue cat", 3.5)
        assert recipe["prompt"] == "a red dragon"
        events = await heard(client, generation)
        assert codes(events) == ["steered"]
        steered = await picture_of(client, generation)
        kept = read(steered)
        assert kept is not None and kept.steering[0].step == change["step"]
        sent = {name: value for name, value in recipe.items() if value is not None}
        again = await picture_of(client, await submitted(client, **sent))
        assert pixels(again) == pixels(steered) != pixels(plain)


async def test_what_waits_is_changed_before_it_begins(serve: Serve) -> None:
    server = serve(seconds_per_step=0.05, running_pictures=1)
    async with connected(server) as client:
        first = await submitted(client, steps=100)
        waiting = await submitted(client, steps=3, seed=5, headers={"Idempotency-Key": "k"})
        changed = await patch(client, waiting, prompt="a blue cat", stop_after=2)
        assert changed["recipe"]["prompt"] == "a blue cat" and changed["recipe"]["steering"] == []
        assert (await patch(client, waiting, state="paused"))["state"] == "paused"
        await client.delete(f"{GENERATIONS}/{first}")
        assert (await heard(client, await submitted(client, steps=1)))[-1].kind == "finished"
        assert await state(client, waiting) == "paused"
        await patch(client, waiting, state="running")
        steered = await picture_of(client, waiting)
        cat = await submitted(client, prompt="a blue cat", steps=3, seed=5, stop_after=2)
        assert pixels(await picture_of(client, cat)) == pixels(steered)
        # It is known by what was asked for, not by what became of it.
        assert await submitted(client, steps=3, seed=5, headers={"Idempotency-Key": "k"}) == waiting


async def test_one_can_leave_off_early(slow: Running) -> None:
    async with connected(slow) as client:
        generation = await submitted(client, steps=40)
        await after_step(client, generation, 2)
        stop = (await patch(client, generation, stop_after=1))["recipe"]["stop_after"]
        assert stop >= 3
        steps = [event.data["step"] for event in await heard(client, generation) if event.kind == "step"]
        assert steps == list(range(1, stop + 1))


async def test_noise_is_put_in_through_a_painted_mask(slow: Running) -> None:
    out = BytesIO()
    Image.new("L", (16, 16), 255).save(out, "PNG")
    mask = f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
    async with connected(slow) as client:
        generation = await submitted(client, steps=16)
        await after_step(client, generation, 2)
        answer = await patch(client, generation, injection={"mask": mask, "strength": 0.4})
        (injection,) = answer["recipe"]["injections"]
        assert injection["first"] >= 3
        assert injection["mask"].startswith("img_")
        assert (await heard(client, generation))[-1].kind == "finished"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"promt": "a cat"}, 422, "promt"),
        ({"prompt": " "}, 422, "prompt"),
        ({"guidance": 99}, 422, "guidance"),
        ({"state": "asleep"}, 422, "state"),
        ({"injection": {"first": 1}}, 422, "injection"),
        ({"injection": {"mask": f"img_{'0' * 64}"}}, 422, "injections.0.mask"),
        ({}, 422, "body"),
    ],
)
async def test_what_cannot_be_asked_is_refused(slow: Running, body: dict[str, Any], status: int, field: str) -> None:
    async with connected(slow) as client:
        generation = await submitted(client, steps=100)
        response = await client.patch(f"{GENERATIONS}/{generation}", json=body)
        assert field in [fault["field"] for fault in assert_problem(response, status)["errors"]]
        await client.delete(f"{GENERATIONS}/{generation}")


async def test_what_has_ended_is_not_steered(client: httpx2.AsyncClient) -> None:
    generation = await submitted(client, steps=1)
    await heard(client, generation)
    for body in ({"state": "paused"}, {"prompt": "a cat"}):
        assert_problem(await client.patch(f"{GENERATIONS}/{generation}", json=body), 409)
    assert_problem(await client.patch(f"{GENERATIONS}/nobody", json={"state": "paused"}), 404)


async def test_many_hands_at_one_helm(slow: Running) -> None:
    async with connected(slow) as client:
        generation = await submitted(client, steps=20, count=3, seed=9)
        await after_step(client, generation, 1)
        answers = await asyncio.gather(*(patch(client, generation, guidance=1.0 + n) for n in range(10)))
        assert all(answer["recipe"]["steering"] for answer in answers)
        recipe = (await client.get(f"{GENERATIONS}/{generation}")).json()["recipe"]
        assert len(recipe["steering"]) <= 10
        assert (await heard(client, generation))[-1].kind == "finished"
