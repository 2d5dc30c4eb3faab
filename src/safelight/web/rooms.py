"""What the routes need of the house, handed to them by FastAPI."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from safelight.batching import Batching
from safelight.runner import Runner
from safelight.store.gallery import Gallery
from safelight.store.shares import Shares
from safelight.web.previews import Darkroom


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """Set once, when the app is built.

    Attributes:
        runner: takes recipes.
        batching: takes many of them at once.
        gallery: finds pictures and keeps them in order.
        shares: links to single pictures, for those without an account.
        stop: set when the server is asked to stop; every stream watches it.
        darkroom: encodes previews as a viewer wishes.
        home: where the server keeps its things, for the free space in the diagnostics.
        body_limit: bytes a request body may have.
        images_limit: bytes one with images in it may have.
    """

    runner: Runner
    batching: Batching
    gallery: Gallery
    shares: Shares
    stop: asyncio.Event
    darkroom: Darkroom
    home: Path
    body_limit: int
    images_limit: int


def _rooms(request: HTTPConnection) -> Rooms:
    return cast(Rooms, request.app.state.rooms)


House = Annotated[Rooms, Depends(_rooms)]
