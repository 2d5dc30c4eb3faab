"""What goes on beside the drawing, until the server stops."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress

GRACE_S = 10
"""Seconds that work may take to finish."""


@asynccontextmanager
async def meanwhile(work: Callable[[asyncio.Event], Coroutine[None, None, None]]) -> AsyncIterator[None]:
    """Let `work(closing)` go on. In the end it is asked to finish: a connection whose query was cancelled can outlive
    the process."""
    closing = asyncio.Event()
    task = asyncio.create_task(work(closing))
    try:
        yield
    finally:
        closing.set()
        await asyncio.wait([task], timeout=GRACE_S)
        task.cancel()


async def pause(closing: asyncio.Event, *, seconds: float) -> None:
    """Wait, unless it is time to finish."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await closing.wait()
