"""Waiting for a service: not for ever, and not for one that has fallen silent."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import suppress

from safelight.domain.errors import SafelightError
from safelight.providers.failures import Passing, silent, timed_out
from safelight.providers.merging import stopped, tell
from safelight.providers.patience import Patience
from safelight.providers.upstream import News

LEAVE_S = 5
"""Seconds that a service may take to call off what it was asked for."""


async def taken_back(cancelling: Awaitable[None]) -> None:
    """Wait until a service has called it off, also while who waits is cancelled. Not for long, and without an error:
    nobody is left to be told of one."""

    async def wait() -> None:
        with suppress(SafelightError, TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                await cancelling

    await asyncio.shield(wait())


class Waiting:
    """What a service says, until it is done or the time is over.

    Args:
        patience: with which it is asked; while that rests, nothing is expected.
        limit_s: for all of it.
        quiet_s: between two things that it says.
    """

    def __init__(
        self,
        drawing: AsyncGenerator[News, None],
        service: str,
        *,
        patience: Patience,
        limit_s: float,
        quiet_s: float,
    ) -> None:
        self._drawing = drawing
        self._service = service
        self._patience = patience
        self._limit_s = limit_s
        self._quiet_s = quiet_s
        self.error: Passing | None = None
        """Why nobody waits any longer, once that is so."""

    async def news(self) -> AsyncGenerator[News, None]:
        """Ends where nothing comes any more; `error` says whether that is because nobody waits any longer. By then the
        service was told to stop."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._limit_s
        said: asyncio.Queue[News | None] = asyncio.Queue()
        telling = asyncio.create_task(tell(self._drawing, said))
        try:
            while True:
                left = end - loop.time()
                try:
                    async with asyncio.timeout(max(0.001, min(left, self._quiet_s))):
                        news = await said.get()
                except TimeoutError:
                    if loop.time() < min(end, self._patience.rests_until + self._quiet_s):
                        continue
                    self.error = self._given_up(over=left <= self._quiet_s)
                    return
                if news is None:
                    await telling
                    return
                yield news
        finally:
            await stopped(telling)

    def _given_up(self, *, over: bool) -> Passing:
        return timed_out(self._service, self._limit_s) if over else silent(self._service, self._quiet_s)
