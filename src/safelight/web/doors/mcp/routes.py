"""Streamable HTTP at `/mcp`: whoever asks is looked at as everywhere, and then handed to the SDK."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

from fastapi import Depends, Request, Response
from starlette.types import Receive, Scope, Send

from safelight.domain.access import Access
from safelight.domain.errors import Unsupported
from safelight.domain.events import TERMINAL, Event
from safelight.domain.model_card import ModelCard
from safelight.domain.picture import Picture
from safelight.domain.recipe import Recipe
from safelight.web.admitting import Caller
from safelight.web.doors.following import count, events
from safelight.web.doors.telling import router_of
from safelight.web.permissions import DRAW
from safelight.web.problems import answer
from safelight.web.rooms import House, Rooms

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

router = router_of(answer)


@dataclass(frozen=True)
class OnHouse:
    """The house, as one caller may use it."""

    house: Rooms
    access: Access

    async def models(self) -> Sequence[ModelCard]:
        return self.house.runner.providers.models()

    async def events(self, recipe: Recipe) -> AsyncGenerator[Event, None]:
        """Raises Forbidden or LimitReached where the caller may not draw: the call itself was let in to look."""
        DRAW.check(self.access)
        await count(self.house, self.access)
        record = await self.house.runner.submit(recipe, access=self.access)
        ended = False
        try:
            feed = await self.house.runner.feed(record.id, access=self.access)
            async for _, event in events(feed, self.house):
                ended = isinstance(event, TERMINAL)
                if event is not None:
                    yield event
        finally:
            if not ended and not self.house.stop.is_set():
                self.house.runner.stop(record.id)

    async def file(self, picture: Picture) -> bytes:
        return (await self.house.runner.pictures.file(picture.id, workspace=self.access.workspace)).data


class Assistants:
    """The SDK's own manager of sessions, begun when the first assistant comes and ended with the server."""

    def __init__(self) -> None:
        self._beginning = asyncio.Lock()
        self._manager: StreamableHTTPSessionManager | None = None
        self._running: asyncio.Task[None] | None = None

    async def manager(self, house: Rooms) -> "StreamableHTTPSessionManager":
        """Raises Unsupported where the SDK is not installed."""
        async with self._beginning:
            if self._manager is None:
                self._manager = await asyncio.to_thread(_made, house)
                ready = asyncio.Event()
                self._running = asyncio.create_task(_run(self._manager, house, ready))
                await ready.wait()
        return self._manager


def assistants_of(request: Request) -> Assistants:
    return cast(Assistants, request.app.state.assistants)


TheAssistants = Annotated[Assistants, Depends(assistants_of)]


class Handed(Response):
    """An answer that the SDK gives."""

    def __init__(self, manager: "StreamableHTTPSessionManager") -> None:
        super().__init__()
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)


@router.get("/mcp")
@router.post("/mcp")
@router.delete("/mcp")
async def assist(request: Request, house: House, access: Caller, assistants: TheAssistants) -> Response:
    """One message of an assistant, or a stream for it."""
    manager = await assistants.manager(house)
    request.state.access = access
    request.scope["user"] = _user(access)
    return Handed(manager)


def _user(access: Access) -> object:
    """By whom a session was begun: nobody else gets on with it."""
    from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
    from mcp.server.auth.provider import AccessToken

    return AuthenticatedUser(AccessToken(token="", client_id=f"{access.workspace} {access.caller}", scopes=[]))


def _made(house: Rooms) -> "StreamableHTTPSessionManager":
    try:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        from safelight.web.doors.mcp.serving import Assistance
    except ModuleNotFoundError as error:
        raise Unsupported(
            "This server does not speak to assistants.", hint="Install it with its extra: pip install 'safelight[mcp]'."
        ) from error

    def workplace(call: Any) -> OnHouse:
        return OnHouse(house, call.request.state.access)

    server = Assistance(workplace).server()
    return StreamableHTTPSessionManager(server, max_request_body_size=house.images_limit)


async def _run(manager: "StreamableHTTPSessionManager", house: Rooms, ready: asyncio.Event) -> None:
    with suppress(asyncio.CancelledError):
        async with manager.run():
            ready.set()
            await house.stop.wait()
