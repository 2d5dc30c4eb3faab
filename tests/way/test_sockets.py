"""Feeds over a WebSocket."""

import json
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.way.house import Running
from tests.way.reader import heard, submitted

pytestmark = pytest.mark.anyio


def address(server: Running, generation: str, query: str = "") -> str:
    return f"{server.url.replace('http', 'ws', 1)}/api/v1/generations/{generation}/events{query}"


async def listened(url: str, **options: Any) -> tuple[list[tuple[int, dict[str, Any]]], int | None]:
    """Every message as (id, event), and the code that it was closed with."""
    async with connect(url, proxy=None, **options) as socket:
        messages = [json.loads(message) async for message in socket]
        return [(message["id"], message["event"]) for message in messages], socket.close_code


async def test_it_tells_the_same_as_the_event_stream(server: Running, client: httpx2.AsyncClient) -> None:
    generation = await submitted(client, steps=5)
    told, code = await listened(address(server, generation, "?preview=every:2,size:64"))
    assert told == [(event.id, event.data) for event in await heard(client, generation, preview="every:2,size:64")]
    assert told[-1][1]["kind"] == "finished" and code == 1000
    rest, _ = await listened(address(server, generation, f"?after={told[-3][0]}"))
    assert [number for number, _ in rest] == [number for number, _ in told[-2:]]


async def test_a_page_of_another_site_hears_nothing(server: Running, client: httpx2.AsyncClient) -> None:
    generation = await submitted(client, steps=1)
    own = server.url
    assert (await listened(address(server, generation), origin=own))[1] == 1000
    for url, origin, status in (
        (address(server, generation), "https://elsewhere.example", 403),
        (address(server, "nobody"), own, 404),
        (address(server, generation, "?preview=speed:1"), own, 422),
    ):
        with pytest.raises(InvalidStatus) as refused:
            await listened(url, origin=origin)
        assert refused.value.response.status_code == status
        assert json.loads(refused.value.response.body)["hint"]


async def test_a_listener_who_goes_leaves_nothing_behind(server: Running, client: httpx2.AsyncClient) -> None:
    generation = await submitted(client, steps=50)
    async with connect(address(server, generation), proxy=None) as socket:
        await socket.recv()
    assert (await heard(client, generation))[-1].kind == "finished"
