import asyncio
from collections.abc import AsyncGenerator

import pytest

from safelight.domain.errors import Unreachable
from safelight.providers.merging import stopped
from safelight.providers.patience import Patience
from safelight.providers.upstream import News, Waits
from safelight.providers.waiting import Waiting, taken_back

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("turns", range(6))
async def test_who_is_cancelled_as_an_answer_comes_is_cancelled(turns: int) -> None:
    """However many turns of the loop lie between the two: `asyncio.wait_for` of Python 3.11 loses one of them."""
    answers: asyncio.Queue[News] = asyncio.Queue()
    ended = asyncio.Event()

    async def service() -> AsyncGenerator[News, None]:
        try:
            while True:
                yield await answers.get()
        finally:
            ended.set()

    async def wait() -> None:
        waiting = Waiting(service(), "Somewhere", patience=Patience(), limit_s=60, quiet_s=60)
        async for _ in waiting.news():
            pass

    task = asyncio.create_task(wait())
    await asyncio.sleep(0.01)
    answers.put_nowait(Waits(ahead=1))
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await stopped(task)
        await ended.wait()
    assert task.cancelled()


async def test_what_is_called_off_is_called_off_whoever_else_goes() -> None:
    asked, done = asyncio.Event(), asyncio.Event()

    async def call_off() -> None:
        asked.set()
        await asyncio.sleep(0.05)
        done.set()

    task = asyncio.create_task(taken_back(call_off()))
    await asked.wait()
    await stopped(task)
    assert task.cancelled() and not done.is_set()
    async with asyncio.timeout(5):
        await done.wait()


async def test_who_calls_off_hears_of_no_error_and_waits_for_nobody_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safelight.providers.waiting.LEAVE_S", 0.05)
    silent = asyncio.Event()

    async def failing() -> None:
        raise Unreachable("It is away.", hint="Wait.")

    async def waiting() -> None:
        await silent.wait()

    async with asyncio.timeout(5):
        await taken_back(failing())
        await taken_back(waiting())
