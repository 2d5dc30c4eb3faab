"""Several that tell something at a time, heard as one."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TypeVar

from safelight.domain.progress import Progress

News = TypeVar("News")


async def merged(pictures: Sequence[AsyncGenerator[Progress, None]]) -> AsyncGenerator[Progress, None]:
    """What all of them say, as it comes. One that fails does not take the others along: they may be paid for already.

    Raises:
        SafelightError: the first that one of them failed with, after the others have come to their ends.
    """
    said: asyncio.Queue[Progress | None] = asyncio.Queue()
    telling = [asyncio.create_task(tell(picture, said)) for picture in pictures]
    try:
        left = len(telling)
        while left:
            news = await said.get()
            if news is None:
                left -= 1
            else:
                yield news
        for task in telling:
            await task
    finally:
        await stopped(*telling)


async def tell(telling: AsyncGenerator[News, None], said: "asyncio.Queue[News | None]") -> None:
    """Pass on what it says, and None in the end. In one task from its beginning to its end, as clients of services
    want to be used."""
    try:
        async with aclosing(telling):
            async for news in telling:
                said.put_nowait(news)
    finally:
        said.put_nowait(None)


async def stopped(*tasks: "asyncio.Task[None]") -> None:
    """Whatever they do last, cancelling at a service above all, is done when this returns."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
