"""Ctrl-C that is always heard."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE_S = 2.0
"""What clean-up may take before the task is cancelled again."""


def run_interruptibly(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, which cancels once, with a longer memory: a cancel that a library swallowed is asked for again.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed, and `work` has cleaned up.
    """
    return asyncio.run(_supervised(work))


async def _supervised(work: Coroutine[Any, Any, T]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.create_task(work)
    asked = asyncio.Event()

    def ask(*_: object) -> None:
        loop.call_soon_threadsafe(task.cancel)
        loop.call_soon_threadsafe(asked.set)

    before = signal.signal(signal.SIGINT, ask)
    try:
        while not task.done():
            await asyncio.wait([task], timeout=PATIENCE_S)
            if asked.is_set():
                task.cancel()
    finally:
        signal.signal(signal.SIGINT, before)
    if asked.is_set():
        raise KeyboardInterrupt
    return task.result()
