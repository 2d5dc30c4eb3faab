"""What a recipe takes is told before it runs, and what does not fit is refused before it starts."""

from pathlib import Path

import httpx2
import pytest

from tests.engine.stock import make_stock_pipeline
from tests.way.reader import GENERATIONS
from tests.way.test_recovery import connected, engine
from tests.way.test_submitting import assert_problem

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
ESTIMATES = "/api/v1/estimates"


async def test_nothing_is_started(client: httpx2.AsyncClient) -> None:
    answer = await client.post(ESTIMATES, json={"prompt": "a cat", "steps": 7})
    assert answer.status_code == 200
    estimate = answer.json()
    assert estimate["model"] == "fake" and estimate["seconds"] > 0 and estimate["price_usd"] == 0
    assert estimate["fits"] and estimate["memory"] is None
    assert (await client.get("/api/v1/pictures")).json()["items"] == []


@pytest.mark.parametrize("recipe", [{}, {"prompt": "a", "width": 7}, {"prompt": "a", "model": "nothing"}], ids=str)
async def test_what_would_be_refused_is_refused(recipe: dict[str, object], client: httpx2.AsyncClient) -> None:
    assert_problem(await client.post(ESTIMATES, json=recipe), 422)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"loras": [{"id": "ink"}]}, "unknown_model"),
        ({"hires": {"upscale": "esrgan"}}, "invalid_recipe"),
    ],
    ids=str,
)
async def test_what_is_not_installed_is_refused_before_it_is_accepted(
    wish: dict[str, object], code: str, tmp_path: Path
) -> None:
    model = make_stock_pipeline(tmp_path / "tiny")
    with engine(tmp_path / "home", model) as (address, _):
        async with connected(address) as client:
            for door in (GENERATIONS, ESTIMATES):
                problem = assert_problem(await client.post(door, json={"prompt": "a", **wish}), 422)
                assert problem["code"] == code and problem["hint"]


async def test_what_does_not_fit_is_refused_and_what_is_said_to_fit_is_drawn(tmp_path: Path) -> None:
    model = make_stock_pipeline(tmp_path / "tiny")
    with engine(tmp_path / "home", model, memory_gb=0.01) as (address, _):
        async with connected(address) as client:
            small = await client.post(f"{GENERATIONS}", json={"prompt": "a", "steps": 1}, headers={"Prefer": "wait=60"})
            assert small.json()["state"] == "finished", small.text
            memory = (await client.post(ESTIMATES, json={"prompt": "a"})).json()["memory"]
            assert memory["measured"] and memory["weights_bytes"] < memory["peak_bytes"] < memory["budget_bytes"] == 1e7
            large = {"prompt": "a", "width": 1024, "height": 1024, "steps": 1}
            estimate = (await client.post(ESTIMATES, json=large)).json()
            assert not estimate["fits"]
            problem = assert_problem(await client.post(GENERATIONS, json=large), 422)
            assert problem["code"] == "does_not_fit" and "would fit" in problem["hint"]
            side = int(problem["hint"].split("x")[0].split()[-1])
            fitting = {**large, "width": side // 8 * 8, "height": side // 8 * 8}
            assert (await client.post(ESTIMATES, json=fitting)).json()["fits"]
            drawn = await client.post(GENERATIONS, json=fitting, headers={"Prefer": "wait=60"})
            assert drawn.json()["state"] == "finished", drawn.text
