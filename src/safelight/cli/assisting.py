"""`safelight mcp`."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from safelight import logs
from safelight.cli.workshops import Workshop, in_process, on_server
from safelight.domain.errors import Misconfigured
from safelight.settings import Settings


def run(*, server: str | None, config: Path | None, **flags: object) -> None:
    """Serve the assistant that started this process, until it closes the standard input."""
    serve = _serve_stdio()
    if server:
        workshop: AbstractAsyncContextManager[Workshop] = on_server(server)
    else:
        workshop = in_process(Settings.read(config=config, **flags))
        logs.begin(level="warning", as_json=False)
    asyncio.run(_serve(workshop, serve))


async def _serve(
    workshop: AbstractAsyncContextManager[Workshop], serve: Callable[[Workshop], Coroutine[None, None, None]]
) -> None:
    async with workshop as opened:
        await serve(opened)


def _serve_stdio() -> Callable[[Workshop], Coroutine[None, None, None]]:
    try:
        from safelight.web.doors.mcp.serving import serve_stdio
    except ModuleNotFoundError as error:
        raise Misconfigured(
            "The Model Context Protocol is not installed.", hint="pip install 'safelight[mcp]' brings it."
        ) from error
    return serve_stdio
