"""ComfyUI's wire: its routes, its WebSocket, and the frames in it.

Routes and messages as ComfyUI's `server.py` and `protocol.py` have them. Binary frames are big-endian: a number that
says what it is (1 a preview, 4 a preview with metadata before it), and then the image.
"""

import asyncio
import logging
import struct
import uuid
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import httpx2

from safelight.providers.failures import cut, malformed, of_status
from safelight.providers.upstream import Credentials

TITLE = "ComfyUI"
PREVIEW, PREVIEW_WITH_METADATA = 1, 4
CLOSING_S = 0.5
QUIET = logging.getLogger("safelight.comfyui.socket")
"""The client's own would write down every header, the token among them."""
QUIET.setLevel(logging.WARNING)
MESSAGE_LIMIT = 64 * 2**20
AGAIN_S = 0.25
"""Seconds before a WebSocket that ended is opened again."""


Messages = asyncio.Queue[str | bytes]


class Wire:
    """To one ComfyUI.

    Args:
        url: where it answers.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._http = httpx2.AsyncClient(base_url=self._url, timeout=None, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, credentials: Credentials) -> Any:
        """What it answers in JSON. Raises SafelightError, as the others do."""
        with _translated():
            reply = await self._http.get(path, headers=_headers(credentials))
        return _json(reply)

    async def post(self, path: str, body: Any, credentials: Credentials) -> httpx2.Response:
        with _translated():
            reply = await self._http.post(path, json=body, headers=_headers(credentials))
        _check(reply)
        return reply

    async def prompt(self, nodes: Any, *, client: str, prompt: str, credentials: Credentials) -> None:
        """Have a graph drawn, under an id of ours."""
        body = {"prompt": nodes, "client_id": client, "prompt_id": prompt}
        answer = _json(await self.post("/prompt", body, credentials))
        if not isinstance(answer, dict) or answer.get("prompt_id") != prompt:
            raise malformed(TITLE, "an answer to the graph without its id")

    async def view(self, place: Any, credentials: Credentials) -> bytes:
        """A file that it made."""
        with _translated():
            reply = await self._http.get("/view", params=place, headers=_headers(credentials))
        _check(reply)
        return reply.content

    async def upload(self, data: bytes, credentials: Credentials) -> str:
        """Give it an image; the name under which its nodes find it."""
        files = {"image": (f"safelight-{uuid.uuid4().hex}.png", data, "image/png")}
        with _translated():
            reply = await self._http.post("/upload/image", files=files, headers=_headers(credentials))
        said = _json(reply)
        try:
            return "/".join(part for part in (said.get("subfolder", ""), said["name"]) if part)
        except (KeyError, TypeError, AttributeError) as error:
            raise malformed(TITLE, "its answer to an upload") from error

    @asynccontextmanager
    async def listening(self, client: str, credentials: Credentials) -> AsyncGenerator[Messages, None]:
        """What it says to a client, from now on; a connection that ends is made anew."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException

        messages: Messages = asyncio.Queue()
        url = f"{self._url.replace('http', 'ws', 1)}/ws?clientId={client}"
        listening = connect(
            url,
            additional_headers=_headers(credentials),
            max_size=MESSAGE_LIMIT,
            proxy=None,
            open_timeout=10,
            close_timeout=CLOSING_S,
            logger=QUIET,
        )

        async def listen() -> None:
            while True:
                with suppress(WebSocketException, OSError, TimeoutError):
                    async with listening as socket:
                        connected.set()
                        async for message in socket:
                            messages.put_nowait(message)
                await asyncio.sleep(AGAIN_S)

        connected = asyncio.Event()
        task = asyncio.create_task(listen())
        try:
            # Without it there are no previews; the picture comes all the same, by the history.
            with suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await connected.wait()
            yield messages
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def choices(info: Any, kind: str, name: str) -> list[str]:
    """The names that a node can be given. Newer versions write them under `options`."""
    try:
        offered = info[kind]["input"]["required"][name]
        names = offered[0] if isinstance(offered[0], list) else offered[1]["options"]
        return [str(one) for one in names]
    except (KeyError, TypeError, IndexError) as error:
        raise malformed(TITLE, f"what it says of {kind}") from error


def preview(message: bytes) -> bytes | None:
    """The image inside of a binary message; None where it is about something else."""
    if len(message) < 8:
        return None
    kind, second = struct.unpack_from(">II", message)
    if kind == PREVIEW:
        return message[8:]
    if kind == PREVIEW_WITH_METADATA:
        return message[8 + second :]
    return None


def _headers(credentials: Credentials) -> dict[str, str]:
    return {"Authorization": f"Bearer {credentials['token']}"} if credentials.get("token") else {}


@contextmanager
def _translated() -> Generator[None, None, None]:
    try:
        yield
    except httpx2.HTTPError as error:
        raise cut(TITLE, type(error).__name__) from error


def _check(reply: httpx2.Response) -> None:
    if reply.is_error:
        said = ""
        with suppress(ValueError, AttributeError, KeyError, TypeError):
            said = reply.json()["error"]["message"]
        raise of_status(TITLE, reply.status_code, said=str(said), headers=reply.headers)


def _json(reply: httpx2.Response) -> Any:
    _check(reply)
    try:
        return reply.json()
    except ValueError as error:
        raise malformed(TITLE, "not JSON") from error
