"""The image gate on whatever somebody brings: no door for bytes is without it."""

from collections.abc import AsyncGenerator, Callable
from io import BytesIO
from typing import Any

import httpx2
import pytest
from PIL import Image

from safelight.domain.verdict import Failing
from safelight.moderation.gate import Gate
from safelight.providers.fake import FakeProvider
from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS, submitted
from tests.way.test_images import data_url
from tests.way.test_moderating import MODERATIONS, Redness, encoded
from tests.way.test_stepping import after_step
from tests.way.test_submitting import assert_problem

pytestmark = pytest.mark.anyio
Serve = Callable[..., Running]

RED, BLUE = encoded("red"), encoded("blue")
PNG = {"Content-Type": "image/png"}
WISH: dict[str, Any] = {"prompt": "a boat", "steps": 2}


def worn(image: bytes) -> dict[str, dict[str, Any]]:
    """Every place of a recipe that an image can stand in."""
    url, start = data_url(image), data_url(BLUE)
    return {
        "start": {"image": {"image": url}},
        "mask": {"image": {"image": start}, "mask": {"image": url}},
        "prompt": {"prompt_image": {"image": url}},
        "injection": {"injections": [{"mask": url, "first": 1, "strength": 0.5}]},
    }


@pytest.fixture
def looking(serve: Serve) -> Running:
    return serve(gate=Gate(pixels=Redness()), seconds_per_step=0.05)


@pytest.fixture
async def client(looking: Running) -> AsyncGenerator[httpx2.AsyncClient, None]:
    async with connected(looking) as client:
        yield client


async def journal(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get(MODERATIONS)).json()["items"]
    return items


def refused(answer: httpx2.Response) -> dict[str, Any]:
    problem = assert_problem(answer, 422)
    assert problem["code"] == "not_allowed"
    return problem


def kept(running: Running) -> list[str]:
    return [path.name for folder in ("inputs", "pictures") for path in (running.plan.home / folder).rglob("*.*")]


@pytest.mark.parametrize("path", ["/api/v1/images", "/api/v1/pictures"])
async def test_what_is_refused_is_not_kept_and_what_is_not_is(
    path: str, client: httpx2.AsyncClient, looking: Running
) -> None:
    for sent in ({"content": RED, "headers": PNG}, {"files": {"file": ("red.png", RED, "image/png")}}):
        problem = refused(await client.post(path, **sent))
        assert problem["categories"] == ["sexual"]
    assert not kept(looking)
    assert (await client.post(path, content=BLUE, headers=PNG)).status_code == 201
    noted = await journal(client)
    assert [(one["subject"], one["verdict"]["allowed"]) for one in noted] == [
        ("input", True),
        ("input", False),
        ("input", False),
    ]


@pytest.mark.parametrize("place", list(worn(RED)))
async def test_no_recipe_brings_one_in(place: str, client: httpx2.AsyncClient) -> None:
    wish = {**WISH, **worn(RED)[place]}
    doors: dict[str, dict[str, Any]] = {
        GENERATIONS: wish,
        "/api/v1/batches": {"recipes": [WISH, wish]},
    }
    for path, body in doors.items():
        refused(await client.post(path, json=body))
    assert (await client.get(GENERATIONS)).json()["items"] == []
    assert False in [one["verdict"]["allowed"] for one in await journal(client)]
    fine = await client.post(GENERATIONS, json={**WISH, **worn(BLUE)[place]}, headers={"Prefer": "wait=20"})
    assert fine.json()["state"] == "finished", fine.text


async def test_neither_a_turn_nor_a_branch_brings_one_in(client: httpx2.AsyncClient) -> None:
    generation = await submitted(client, prompt="a boat", steps=40)
    await after_step(client, generation, 2)
    noise = {"mask": data_url(RED), "first": 1, "strength": 0.5}
    answer = await client.patch(f"{GENERATIONS}/{generation}", json={"injection": noise})
    refused(answer)
    changes = {"step": 1, "changes": {"injections": [noise]}}
    branch = await client.post(f"{GENERATIONS}/{generation}/branches", json=changes)
    refused(branch)
    await client.delete(f"{GENERATIONS}/{generation}")


async def test_an_image_that_was_given_before_anybody_looked_is_looked_at_when_it_is_given_again(
    serve: Serve, looking: Running
) -> None:
    async with connected(looking) as client:
        looking.runner.inputs.look, look = _nobody, looking.runner.inputs.look
        assert (await client.post("/api/v1/images", content=RED, headers=PNG)).status_code == 201
        looking.runner.inputs.look = look
        refused(await client.post("/api/v1/images", content=RED, headers=PNG))


async def _nobody(image: bytes, *, workspace: str, caller: str | None) -> None:
    return None


async def test_every_frame_is_looked_at(client: httpx2.AsyncClient) -> None:
    def moving(*colours: str) -> bytes:
        first, *others = [Image.new("RGB", (32, 32), colour) for colour in colours]
        out = BytesIO()
        first.save(out, "WEBP", save_all=True, append_images=others, lossless=True)
        return out.getvalue()

    webp = {"Content-Type": "image/webp"}
    for path in ("/api/v1/images", "/api/v1/pictures"):
        turning = await client.post(path, content=moving("blue", "green", "red", "blue"), headers=webp)
        refused(turning)
        fine = await client.post(path, content=moving("blue", "green"), headers=webp)
        assert fine.status_code == 201, fine.text
        many = await client.post(path, content=moving(*["blue", "green"] * 9), headers=webp)
        assert_problem(many, 422)


@pytest.mark.parametrize(("fails", "status"), [(Failing.CLOSED, 503), (Failing.OPEN, 201)])
async def test_an_eye_that_is_shut(serve: Serve, fails: Failing, status: int) -> None:
    shut = serve(gate=Gate(pixels=Redness(broken=True), fails=fails), provider=FakeProvider)
    async with connected(shut) as client:
        for path in ("/api/v1/images", "/api/v1/pictures"):
            assert (await client.post(path, content=BLUE, headers=PNG)).status_code == status
