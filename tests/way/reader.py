"""A client of event streams, as small as it can be."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import httpx2
from PIL import Image

GENERATIONS = "/api/v1/generations"
STREAM = {"Accept": "text/event-stream"}


@dataclass(frozen=True)
class Heard:
    id: int
    kind: str
    data: dict[str, Any]


async def parse(lines: AsyncGenerator[str, None]) -> AsyncGenerator[Heard, None]:
    """Server-Sent Events, as https://html.spec.whatwg.org/multipage/server-sent-events.html reads them."""
    fields: dict[str, str] = {}
    async for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif "data" in fields:
            data = json.loads(fields["data"])
            assert data["kind"] == fields["event"]
            yield Heard(int(fields["id"]), fields["event"], data)
            fields = {}
        else:
            fields = {}


@asynccontextmanager
async def following(
    client: httpx2.AsyncClient, generation: str, *, after: int | None = None, **params: Any
) -> AsyncGenerator[AsyncGenerator[Heard, None], None]:
    headers = STREAM if after is None else {**STREAM, "Last-Event-ID": str(after)}
    place = "/api/v1/batches" if generation.startswith("bat_") else GENERATIONS
    url = f"{place}/{generation}/events"
    async with client.stream("GET", url, headers=headers, params=params) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield parse(lines_of(response))


async def lines_of(response: httpx2.Response) -> AsyncGenerator[str, None]:
    async for line in response.aiter_lines():
        yield line


async def heard(client: httpx2.AsyncClient, generation: str, *, after: int | None = None, **params: Any) -> list[Heard]:
    """Everything that a generation or a batch has to tell, to its end."""
    async with following(client, generation, after=after, **params) as events:
        return [event async for event in events]


async def submitted(client: httpx2.AsyncClient, *, headers: dict[str, str] | None = None, **recipe: Any) -> str:
    """The id of a new generation."""
    response = await client.post(GENERATIONS, json={"prompt": "a red dragon", **recipe}, headers=headers)
    assert response.status_code == 202, response.text
    return str(response.json()["id"])


async def state(client: httpx2.AsyncClient, generation: str) -> str:
    return str((await client.get(f"{GENERATIONS}/{generation}")).json()["state"])


def pixels(file: bytes) -> bytes:
    """What can be seen of a picture: two files of the same one differ where they are signed."""
    with Image.open(BytesIO(file)) as image:
        return image.tobytes()
