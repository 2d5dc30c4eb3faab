"""uvicorn, with streams that know when to stop."""

import asyncio
import signal
import socket
from collections.abc import Sequence
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI


def configured(app: FastAPI, *, grace_s: int, trusted_proxies: Sequence[str] = (), **more: Any) -> uvicorn.Config:
    """uvicorn's configuration for an app of ours.

    Args:
        grace_s: seconds that a reader who does not read may delay the end of the server.
        trusted_proxies: whose word is taken for where a request comes from; uvicorn alone would take this machine's.
    """
    return uvicorn.Config(
        app,
        lifespan="off",
        timeout_graceful_shutdown=grace_s,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        **more,
    )


class Server(uvicorn.Server):
    """Sets `stop` as soon as the process is asked to end. uvicorn alone would wait for open streams for ever.

    Args:
        config: give it a `timeout_graceful_shutdown` as well, for readers that do not read.
        stop: what the streams watch; the one the app was built with.
    """

    def __init__(self, config: uvicorn.Config, *, stop: asyncio.Event) -> None:
        super().__init__(config)
        self._stop = stop
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Unlike uvicorn's own, this does not raise the signal again once the server is down: whoever called `serve`
        # gets to close the rest of the house.
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self.end_streams()

    def end_streams(self) -> None:
        """Tell the streams to stop. May be called from a signal handler or another thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
