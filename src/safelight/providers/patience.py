"""Asking again, where that is safe: with jitter, no sooner than the service wishes, and never for what may be paid."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from safelight.providers.failures import Passing, Throttled

Answer = TypeVar("Answer")


class Patience:
    """Of one picture with one service.

    Args:
        attempts: how often something is asked at most.
        first_wait_s: about how long the first wait is; every later one is up to twice as long.
        longest_s: a service that wishes for a longer wait than this is not waited for.
    """

    def __init__(self, *, attempts: int = 4, first_wait_s: float = 0.5, longest_s: float = 60.0) -> None:
        self._stop = stop_after_attempt(attempts)
        self._jittered = wait_random_exponential(multiplier=first_wait_s, max=longest_s)
        self._longest_s = longest_s
        self.sent = False
        """Whether something was sent that may have to be paid."""
        self.rests_until = 0.0
        """When the service is asked again, by the loop's clock: until then its silence is no wonder."""

    @contextmanager
    def preparing(self) -> Generator[None, None, None]:
        """Around what is done here before anything is sent: nobody is silent meanwhile."""
        self.rests_until = math.inf
        try:
            yield
        finally:
            self.rests_until = asyncio.get_running_loop().time()

    async def post(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """Something that costs money: asked again only where the service says that it accepted nothing.

        Raises:
            Throttled: it said so every time.
            SafelightError: as the attempt does.
        """

        async def sending() -> Answer:
            self.sent = True
            try:
                return await attempt()
            except Throttled:
                self.sent = False
                raise

        return await self._asked(sending, Throttled)

    async def get(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """Something that changes nothing: asked again whatever went wrong, if it may pass. Raises as `post` does."""
        return await self._asked(attempt, Throttled, Passing)

    async def _asked(self, attempt: Callable[[], Awaitable[Answer]], *passing: type[Exception]) -> Answer:
        again = AsyncRetrying(stop=self._stop, wait=self._wait, retry=retry_if_exception_type(passing), reraise=True)

        async def once() -> Answer:
            return await attempt()

        return await again(once)

    def _wait(self, state: RetryCallState) -> float:
        wished = 0.0
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, Throttled):
            wished = error.retry_after
        if wished > self._longest_s and error is not None:
            raise error
        wait = max(wished, self._jittered(state))
        self.rests_until = asyncio.get_running_loop().time() + wait
        return wait
