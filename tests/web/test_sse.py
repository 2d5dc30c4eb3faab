import asyncio
from collections.abc import AsyncGenerator

import pytest

from safelight.domain.events import Finished, Frame, Queued, Stepped
from safelight.domain.pixels import FrameSource
from safelight.jobs.feed import Feed
from safelight.web.previews import Cadence, Darkroom, Wish
from safelight.web.sse import View, ended, stream

pytestmark = pytest.mark.anyio
VIEW = View(cadence=Cadence(), inline=False, darkroom=Darkroom())


async def test_silence_is_broken_by_a_comment() -> None:
    feed = Feed("g")
    lines = stream(feed, after=0, view=VIEW, stop=asyncio.Event(), keep_alive_s=0.01)
    assert await anext(lines) == b"retry: 1000\n\n"
    assert (await anext(lines)).startswith(b":")
    feed.append(Queued(position=0, eta_s=0))
    assert await anext(lines) == b'id: 1\nevent: queued\ndata: {"kind":"queued","position":0,"eta_s":0.0}\n\n'
    await lines.aclose()


async def test_the_stream_ends_with_the_feed_or_with_the_server() -> None:
    feed, stop = Feed("g"), asyncio.Event()
    lines = [line async for line in _after(feed, stop, finish=True)]
    assert lines[-1].startswith(b"id: 1\nevent: finished\n")
    assert [line async for line in _after(Feed("g"), stop, finish=False)] == [b"retry: 1000\n\n"]


async def test_what_a_preview_shows_is_told_in_every_size() -> None:
    frame = Frame(url="/frames/1", width=512, height=256, media_type="image/png", source=FrameSource.PLACEHOLDER)
    event = Stepped(step=1, total=2, progress=0.5, sigma=0, ms=1, frame=frame)
    view = View(cadence=Cadence(wish=Wish(size=64)), inline=False, darkroom=Darkroom())
    seen = await view.of(event, Feed("g"))
    assert isinstance(seen, Stepped) and seen.frame is not None
    assert seen.frame == frame.model_copy(update={"url": "/frames/1?size=64", "width": 64, "height": 32})


async def test_waiting_for_the_end_gives_up_in_time() -> None:
    feed, stop = Feed("g"), asyncio.Event()
    assert not await ended(feed, seconds=0.01, stop=stop)
    asyncio.get_running_loop().call_later(0.01, feed.append, Finished(pictures=()))
    assert await ended(feed, seconds=10, stop=stop)
    stop.set()
    async with asyncio.timeout(1):
        assert not await ended(Feed("g"), seconds=10, stop=stop)


def _after(feed: Feed, stop: asyncio.Event, *, finish: bool) -> AsyncGenerator[bytes, None]:
    loop = asyncio.get_running_loop()
    if finish:
        loop.call_later(0.01, feed.append, Finished(pictures=()))
    else:
        loop.call_later(0.01, stop.set)
    return stream(feed, after=0, view=VIEW, stop=stop)
