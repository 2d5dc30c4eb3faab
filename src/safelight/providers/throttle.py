"""How much at a time, and how often: what a service is asked by this server."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Throttle:
    """Everybody waits until it is their turn, in the order in which they came.

    Args:
        at_once: requests that may be under way.
        per_minute: requests that may begin within any minute; None for as many as they like.
    """

    def __init__(self, *, at_once: int, per_minute: int | None = None, minute_s: float = 60.0) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._per_minute = per_minute
        self._minute_s = minute_s
        self._begun: deque[float] = deque()
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None, None]:
        async with self._free:
            await self._pace()
            yield

    async def _pace(self) -> None:
        if self._per_minute is None:
            return
        loop = asyncio.get_running_loop()
        async with self._turn:
            while len(self._begun) >= self._per_minute:
                left = self._begun[0] + self._minute_s - loop.time()
                if left > 0:
                    await asyncio.sleep(left)
                self._begun.popleft()
            self._begun.append(loop.time())
