"""The official client of the Model Context Protocol, over real HTTP and over standard input and output."""

import asyncio
import base64
import json
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from safelight.accounts.limits import Bucket
from safelight.moderation.gate import Gate
from tests.running import environment
from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.test_moderating import STEPS, Redness, Turning
from tests.way.town import Town, town

pytestmark = pytest.mark.anyio
Serve = Callable[..., Running]
SMALL = {"width": 64, "height": 64}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


@asynccontextmanager
async def assistant(url: str, *, key: str | None = None, mode: Any = "auto") -> AsyncGenerator[Client, None]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30, trust_env=False, verify=False) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


def pictures(result: Any) -> list[Image.Image]:
    return [Image.open(BytesIO(base64.b64decode(one.data))) for one in result.content if one.type == "image"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_assistant_draws_and_edits(place: Town, mode: str) -> None:
    heard: list[tuple[float, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        assert total == 1.0
        heard.append((progress, message))

    async with assistant(place.server.url, key=place.keys["creator"], mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"generate_image", "edit_image", "list_models"}
        assert tools["generate_image"].input_schema["properties"]["prompt"]["description"]
        models = (await client.call_tool("list_models")).structured_content
        assert models and [one["id"] for one in models["models"]] == ["fake"]
        wish = {"prompt": "a red dragon", "steps": 6, "seed": 7, **SMALL}
        drawn = await client.call_tool("generate_image", wish, progress_callback=on_progress)
        assert not drawn.is_error and [image.size for image in pictures(drawn)] == [(64, 64)]
        assert [message for _, message in heard] == [f"step {step} of 6" for step in range(1, 7)]
        assert [done for done, _ in heard] == pytest.approx([step / 6 for step in range(1, 7)])
        assert drawn.structured_content and drawn.structured_content["pictures"][0]["seed"] == 7
        picture = drawn.structured_content["pictures"][0]["id"]
        edited = await client.call_tool("edit_image", {"prompt": "a hat", "image": picture, "steps": 2, **SMALL})
        assert pictures(edited) and json.loads(edited.content[-1].text)["model"] == "fake"  # type: ignore[union-attr]


async def test_what_is_wrong_is_said_to_the_assistant(place: Town) -> None:
    async with assistant(place.server.url, key=place.keys["creator"]) as client:
        for tool, arguments, word in (
            ("generate_image", {}, "prompt"),
            ("generate_image", {"prompt": "a", "sedd": 1}, "seed"),
            ("generate_image", {"prompt": "a", "width": 65}, "width"),
            ("generate_image", {"prompt": "a", "model": "none"}, "fake"),
            ("edit_image", {"prompt": "a", "image": "pic_0"}, "image"),
            ("paint", {}, "generate_image"),
        ):
            refused = await client.call_tool(tool, arguments)
            assert refused.is_error and word in refused.content[0].text, refused  # type: ignore[union-attr]


async def test_who_gets_in(place: Town) -> None:
    async with assistant(place.server.url, key=place.keys["viewer"]) as client:
        assert not (await client.call_tool("list_models")).is_error
        refused = await client.call_tool("generate_image", {"prompt": "a"})
        assert refused.is_error and "creator" in refused.content[0].text  # type: ignore[union-attr]
    for key in (None, place.keys["revoked"]):
        with pytest.raises(ExceptionGroup):
            async with assistant(place.server.url, key=key) as client:
                await client.list_tools()
    for who in (None, "revoked"):
        async with place.client(who) as http:
            assert (await http.post("/mcp", json={})).status_code == 401


async def test_nobody_gets_on_with_the_session_of_somebody_else(place: Town) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"},
    }}  # fmt: skip
    headers = {"Accept": "application/json, text/event-stream"}
    async with place.client("creator", headers=headers) as client:
        session = (await client.post("/mcp", json=body)).headers["mcp-session-id"]
    async with place.client("stranger", headers={**headers, "Mcp-Session-Id": session}) as client:
        ask = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
        assert (await client.post("/mcp", json=ask)).status_code == 404


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_call_that_is_cancelled_draws_no_more(serve: Serve, mode: str) -> None:
    server = serve(seconds_per_step=0.05)
    begun = asyncio.Event()

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        begun.set()

    async with assistant(server.url, mode=mode) as client:
        call = asyncio.create_task(
            client.call_tool("generate_image", {"prompt": "a", "steps": 150}, progress_callback=on_progress)
        )
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        async with connected(server) as other, asyncio.timeout(10):
            while (await other.get("/api/v1/generations")).json()["items"][0]["state"] != "cancelled":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert server.fake.drawing == 0


async def test_limits_and_moderation_hold_for_assistants(serve: Serve) -> None:
    server = serve(gate=Gate(pixels=Redness()), provider=Turning)
    async with assistant(server.url) as client:
        refused = await client.call_tool("generate_image", {"prompt": "a cat", "steps": STEPS})
        assert refused.is_error and not pictures(refused)


async def test_what_an_assistant_draws_is_counted(tmp_path: Path) -> None:
    with town(tmp_path, rates={Bucket.REQUESTS: "1/minute"}) as place:
        async with assistant(place.server.url, key=place.keys["creator"]) as client:
            wish = {"prompt": "a cat", "steps": 1}
            answers = [await client.call_tool("generate_image", wish) for _ in range(2)]
            assert [answer.is_error for answer in answers] == [False, True]


@pytest.mark.parametrize("remote", [False, True])
async def test_over_standard_input_and_output(serve: Serve, tmp_path: Path, remote: bool) -> None:
    where = ["--server", serve().url] if remote else ["--engine", "fake"]
    home = environment(home=tmp_path / "home2")
    started = StdioServerParameters(
        command=sys.executable, args=["-m", "safelight", "mcp", *where], env=home, cwd=tmp_path
    )
    steps: list[str | None] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        steps.append(message)

    async with Client(started) as client:
        drawn = await client.call_tool(
            "generate_image", {"prompt": "a cat", "steps": 3, **SMALL}, progress_callback=on_progress
        )
        assert [image.size for image in pictures(drawn)] == [(64, 64)] and steps[-1] == "step 3 of 3"
        assert drawn.structured_content
        picture = drawn.structured_content["pictures"][0]["id"]
        assert pictures(await client.call_tool("edit_image", {"prompt": "a hat", "image": picture, "steps": 1}))
        assert (await client.call_tool("generate_image", {"prompt": ""})).is_error
