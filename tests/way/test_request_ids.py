"""The id of a request, from the proxy to the log."""

import json
import logging
from collections.abc import Callable, Generator

import pytest

from safelight import logs
from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def as_before() -> Generator[None, None, None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_a_request_has_an_id_that_its_generation_is_logged_with(
    serve: Callable[..., Running], capsys: pytest.CaptureFixture[str]
) -> None:
    server = serve(failure=RuntimeError("unforeseen"), fails_at=1)
    logs.begin(level="info", as_json=True)
    async with connected(server) as client:
        answer = await client.post(
            GENERATIONS,
            json={"prompt": "a", "steps": 2},
            headers={"X-Request-ID": "from-a-proxy.1", "Prefer": "wait=30"},
        )
        assert answer.headers["x-request-id"] == "from-a-proxy.1"
        for wrong in ("", "a b", "x" * 101, "<script>"):
            made = (await client.get("/nowhere", headers={"X-Request-ID": wrong})).headers["x-request-id"]
            assert made.startswith("req_") and made != wrong
    generation = answer.json()["id"]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    broke = [line for line in lines if line.get("generation") == generation or generation in line["event"]]
    assert broke and {line.get("request") for line in broke} == {"from-a-proxy.1"}
