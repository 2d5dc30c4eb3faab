"""What all of the test services have in common: a play, what was asked, and a server in a thread."""

import asyncio
import struct
import threading
import zlib
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from typing import Any

import uvicorn
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp

SECRET = "s3cret-of-the-test"
COST_USD = 0.0123


class Play(StrEnum):
    """What happens to whoever asks."""

    FINE = "fine"
    SLOW = "slow"
    """It begins, and does not end before it is cancelled."""
    THROTTLED_ONCE = "throttled once"
    THROTTLED = "throttled"
    FAILS = "fails"
    DENIED = "denied"
    SILENT = "silent"
    """The request is taken, and nothing more is said."""
    MALFORMED = "malformed"
    """An answer of another form than is documented."""
    TRUNCATED = "truncated"
    """The connection ends in the middle of the answer."""
    NO_PICTURE = "no picture"
    """The answer has the right form, and what should be the picture is none."""
    REFUSED = "refused"


def picture(size: tuple[int, int] = (64, 64), colour: str = "teal") -> bytes:
    """A PNG with a chunk that no encoder of ours would write: who encodes it anew loses it."""
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    data, kind, body = out.getvalue(), b"prVt", b"signed by the service"
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data[:33] + chunk + data[33:]


@dataclass
class Stage:
    """One service.

    Attributes:
        asked: bodies of the requests that would have to be paid.
        running: what it is working on.
        cancelled: what was taken back, by whatever name the service has for it.
        keys: what it was shown to be let in.
        retry_after: seconds that it wishes for when it has too much to do.
    """

    play: Play = Play.FINE
    picture: bytes = field(default_factory=picture)
    asked: list[Any] = field(default_factory=list)
    running: int = 0
    cancelled: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    retry_after: str = "0.01"
    times: list[float] = field(default_factory=list)
    deaf: bool = False
    """Nobody is cancelled, as if who cancels had been killed before."""
    url: str = ""

    def take(self, body: Any, *, key: str) -> None:
        """Note a request that would have to be paid."""
        self.asked.append(body)
        self.keys.add(key)
        self.times.append(asyncio.get_running_loop().time())

    @property
    def throttles(self) -> bool:
        return self.play is Play.THROTTLED or (self.play is Play.THROTTLED_ONCE and len(self.asked) == 1)

    @asynccontextmanager
    async def working(self) -> AsyncGenerator[None, None]:
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1

    async def until_gone(self, request: Request) -> Response:
        """Work until whoever asked has gone."""
        async with self.working():
            while not await request.is_disconnected():  # noqa: ASYNC110 - it is told in no other way
                await asyncio.sleep(0.01)
        return Response(status_code=499)


def cut_short(data: bytes, *, media_type: str) -> Response:
    """Half of an answer, and then nothing: the length that was promised is never reached."""

    async def half() -> AsyncGenerator[bytes, None]:
        yield data[: len(data) // 2]
        raise ConnectionAbortedError("as the play has it")

    return StreamingResponse(half(), media_type=media_type, headers={"Content-Length": str(len(data))})


def as_json(body: Any, status: int = 200, **headers: str) -> Response:
    return JSONResponse(
        body, status_code=status, headers={name.replace("_", "-"): one for name, one in headers.items()}
    )


@contextmanager
def serving(app: ASGIApp, stage: Stage) -> Generator[Stage, None, None]:
    """The service, at `stage.url`."""
    config = uvicorn.Config(
        app, port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=1, ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="upstream")
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the service did not start")
            threading.Event().wait(0.005)
        stage.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield stage
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)
