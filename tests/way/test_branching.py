"""Coming back to a generation over HTTP: branches, and the same once more."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS, heard, pixels, submitted
from tests.way.test_stepping import after_step, patch, picture_of
from tests.way.test_submitting import assert_problem

pytestmark = pytest.mark.anyio
Serve = Callable[..., Running]


async def branch(client: httpx2.AsyncClient, parent: str, **wanted: Any) -> dict[str, Any]:
    response = await client.post(f"{GENERATIONS}/{parent}/branches", json=wanted)
    assert response.status_code == 202, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def steps_of(client: httpx2.AsyncClient, generation: str) -> list[int]:
    return [event.data["step"] for event in await heard(client, generation) if event.kind == "step"]


async def test_a_branch_with_nothing_changed_is_its_parent_and_takes_only_the_steps_that_differ(
    client: httpx2.AsyncClient,
) -> None:
    parent = await submitted(client, steps=10, seed=4, count=2)
    pictures = (await heard(client, parent))[-1].data["pictures"]
    made = await branch(client, parent, step=6, picture=1)
    assert made["branch_of"] == {"generation": parent, "picture": 1, "step": 6}
    assert made["recipe"]["seed"] == 5 and made["recipe"]["count"] == 1
    assert await steps_of(client, made["id"]) == [6, 7, 8, 9, 10]
    own = (await client.get(pictures[1]["url"])).content
    assert pixels(await picture_of(client, made["id"])) == pixels(own)


async def test_a_branch_is_the_same_picture_with_and_without_checkpoints(serve: Serve) -> None:
    server = serve(seconds_per_step=0.002, trails_budget=0)
    async with connected(server) as client:
        parent = await submitted(client, steps=10, seed=4)
        await heard(client, parent)
        made = await branch(client, parent, step=6, changes={"prompt": "a blue cat", "guidance": 2})
        assert made["recipe"]["steering"][0]["step"] == 6
        first = await picture_of(client, made["id"])
        recipe = {name: value for name, value in made["recipe"].items() if value is not None}
        again = await submitted(client, **recipe)
        assert await steps_of(client, again) == list(range(1, 11))
        assert pixels(await picture_of(client, again)) == pixels(first) != pixels(await picture_of(client, parent))


async def test_a_branch_of_what_was_steered_goes_its_own_way_from_there(serve: Serve) -> None:
    server = serve(seconds_per_step=0.1)
    async with connected(server) as client:
        parent = await submitted(client, steps=12, seed=4)
        await after_step(client, parent, 5)
        (turn,) = (await patch(client, parent, prompt="a green cat"))["recipe"]["steering"]
        steered = await picture_of(client, parent)
        same = await branch(client, parent, step=4)
        assert pixels(await picture_of(client, same["id"])) == pixels(steered)
        other = await branch(client, parent, step=4, changes={"prompt": "a blue cat"})
        assert [(one["step"], one["prompt"]) for one in other["recipe"]["steering"]] == [(4, "a blue cat")]
        assert turn["step"] > 4
        assert await steps_of(client, other["id"]) == list(range(4, 13))


async def test_one_can_branch_off_from_what_is_still_running_or_was_cancelled(serve: Serve) -> None:
    server = serve(seconds_per_step=0.1)
    async with connected(server) as client:
        parent = await submitted(client, steps=30, seed=4)
        await after_step(client, parent, 5)
        running = await branch(client, parent, step=3, changes={"stop_after": 6})
        assert await steps_of(client, running["id"]) == [3, 4, 5, 6]
        await client.delete(f"{GENERATIONS}/{parent}")
        cancelled = await branch(client, parent, step=5, changes={"stop_after": 6})
        assert await steps_of(client, cancelled["id"]) == [5, 6]
        assert pixels(await picture_of(client, running["id"])) == pixels(await picture_of(client, cancelled["id"]))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "step"),
        ({"step": 0}, "step"),
        ({"step": 5}, "step"),
        ({"step": 2, "picture": 1}, "picture"),
        ({"step": 2, "changes": {"prompt": ""}}, "changes.prompt"),
        ({"step": 2, "changes": {"colour": "red"}}, "changes.colour"),
        ({"step": 3, "changes": {"injections": [{"pattern": "top", "first": 2}]}}, "changes.injections.0.first"),
        ({"step": 3, "changes": {"stop_after": 2}}, "changes.stop_after"),
    ],
)
async def test_branches_that_cannot_be_are_refused(
    client: httpx2.AsyncClient, body: dict[str, Any], field: str
) -> None:
    parent = await submitted(client, steps=4)
    await heard(client, parent)
    response = await client.post(f"{GENERATIONS}/{parent}/branches", json=body)
    assert field in [fault["field"] for fault in assert_problem(response, 422)["errors"]]


async def test_there_is_no_branch_of_nothing(serve: Serve) -> None:
    server = serve(seconds_per_step=0.05, running_pictures=1)
    async with connected(server) as client:
        first = await submitted(client, steps=100)
        waiting = await submitted(client)
        assert_problem(await client.post(f"{GENERATIONS}/{waiting}/branches", json={"step": 1}), 409)
        assert_problem(await client.post(f"{GENERATIONS}/nobody/branches", json={"step": 1}), 404)
        for generation in (waiting, first):
            await client.delete(f"{GENERATIONS}/{generation}")


async def test_a_reproduction_says_how_it_came_out(client: httpx2.AsyncClient) -> None:
    generation = await submitted(client, steps=3, count=2)
    pictures = (await heard(client, generation))[-1].data["pictures"]
    answer = (await client.post(f"{GENERATIONS}/{generation}/reproduce")).json()
    assert (answer["verdict"], answer["distance"]) == ("identical", 0)
    assert answer["generation"] != generation
    for picture in pictures:
        await client.delete(f"/api/v1/pictures/{picture['id']}?forever=true")
    answer = (await client.post(f"{GENERATIONS}/{generation}/reproduce")).json()
    assert answer["verdict"] == "cannot" and "no pictures" in answer["detail"]
    assert_problem(await client.post(f"{GENERATIONS}/nobody/reproduce"), 404)


async def test_a_reproduction_that_takes_long_is_asked_for_again(serve: Serve) -> None:
    server = serve(seconds_per_step=0.05)
    async with connected(server) as client:
        generation = await submitted(client, steps=30, stop_after=2)
        await heard(client, generation)
        url = f"{GENERATIONS}/{generation}/reproduce"
        pending = (await client.post(url, headers={"Prefer": "wait=0"})).json()
        assert pending["verdict"] == "pending"
        done = (await client.post(url, params={"attempt": pending["generation"]})).json()
        assert (done["verdict"], done["generation"]) == ("identical", pending["generation"])
