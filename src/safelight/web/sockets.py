"""Feeds over a WebSocket, for those who need one."""

import asyncio
from contextlib import suppress
from typing import Annotated

from fastapi import Query, WebSocket, WebSocketDisconnect

from safelight.jobs.feed import Feed
from safelight.web.admitting import Caller
from safelight.web.generations import Id, router_of
from safelight.web.previews import parse_cadence
from safelight.web.rooms import House, Rooms
from safelight.web.sse import View, first_of

router = router_of()

ENDED, GOING_AWAY = 1000, 1001


@router.websocket("/{generation}/events")
async def events(
    socket: WebSocket,
    generation: Id,
    house: House,
    access: Caller,
    after: Annotated[int, Query(ge=0)] = 0,
    preview: Annotated[str, Query(max_length=200)] = "",
    inline: bool = False,
) -> None:
    """The same feed: each message is `{"id": 7, "event": {…}}`; close code 1000 when the generation has ended."""
    view = View(cadence=parse_cadence(preview), inline=inline, darkroom=house.darkroom)
    feed = await house.runner.feed(generation, access=access)
    await socket.accept()
    telling = asyncio.create_task(_tell(socket, feed, house, after=after, view=view))
    await first_of(telling, _gone(socket), seconds=None)
    if telling.done() and not telling.cancelled():
        with suppress(WebSocketDisconnect, RuntimeError):
            await socket.close(ENDED if feed.ended else GOING_AWAY)


async def _tell(socket: WebSocket, feed: Feed, house: Rooms, *, after: int, view: View) -> None:
    with suppress(WebSocketDisconnect), feed.read():
        while not house.stop.is_set():
            if (numbered := feed.next(after=after)) is not None:
                after = numbered.id
                event = await view.of(numbered.event, feed)
                await socket.send_text(f'{{"id":{after},"event":{event.model_dump_json(by_alias=True)}}}')
            elif feed.ended:
                return
            else:
                await first_of(feed.changed(), house.stop.wait(), seconds=None)


async def _gone(socket: WebSocket) -> None:
    """Returns when the reader has gone; what it says is not listened to."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
