"""What a workspace used the server for, asked over HTTP."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.way.reader import GENERATIONS
from tests.way.town import Town, town

pytestmark = pytest.mark.anyio
USAGE = "/api/v1/usage"


@pytest.fixture
def place(tmp_path: Path) -> Generator[Town, None, None]:
    with town(tmp_path) as opened:
        yield opened


async def test_everybody_sees_what_their_own_workspace_did(place: Town) -> None:
    async with place.client("creator") as client:
        for prompt in ("a red dragon", "a red dragon", "an owl"):
            await client.post(GENERATIONS, json={"prompt": prompt, "steps": 2}, headers={"Prefer": "wait=20"})
    async with place.client("admin") as client:
        found = (await client.get(USAGE)).json()
    assert (found["total"]["generations"], found["total"]["finished"], found["total"]["pictures"]) == (3, 3, 3)
    assert found["days"][-1]["pictures"] == 3 and len(found["days"]) == 31
    assert [(one["model"], one["provider"], one["pictures"]) for one in found["models"]] == [("fake", "fake", 3)]
    assert [one["name"] for one in found["prompts"]] == ["a red dragon", "an owl"]
    assert [(one["name"], one["generations"]) for one in found["people"]] == [("creator", 3)]
    assert found["latency"]["whole"]["count"] == 3
    async with place.client("viewer") as client:
        assert (await client.get(USAGE)).json()["people"] is None
        shorter = (await client.get(USAGE, params={"from": found["until"], "to": "2100-01-01"})).json()
        assert shorter["code"] == "invalid_recipe"
    async with place.client("boss") as client:
        assert (await client.get(USAGE)).json()["total"]["generations"] == 0


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"from": "2026-11-02", "to": "2026-11-02"}, "before"),
        ({"from": "2024-11-02", "to": "2026-11-02"}, "366"),
        ({"to": "0001-01-02"}, "calendar"),
        ({"from": "0001-01-01T00:00:00+14:00", "to": "0001-01-02"}, "calendar"),
        ({"from": "yesterday"}, "from"),
        ({"top": "0"}, "top"),
        ({"since": "2026-11-02"}, "since"),
    ],
)
async def test_a_span_that_is_none_is_said_to_be(place: Town, query: dict[str, str], problem: str) -> None:
    async with place.client("viewer") as client:
        answer = await client.get(USAGE, params=query)
    assert answer.status_code == 422
    assert problem in answer.text and answer.json()["hint"]
