"""What the routes need of the house, handed to them by FastAPI."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from safelight.admission.door import Door
from safelight.admission.office import Office
from safelight.admission.side_door import SideDoor
from safelight.batching import Batching
from safelight.metering.exposition import Exposition
from safelight.privacy import Privacy
from safelight.runner import Runner
from safelight.store.gallery import Gallery
from safelight.store.shares import Shares
from safelight.web.previews import Darkroom


@dataclass(frozen=True, kw_only=True)
class Site:
    """Names and neighbours of the server.

    Attributes:
        hosts: names under which it may be asked for; none for any.
        origins: other sites whose pages may use the API with a key.
        pictures_from: scheme and host besides this server's that pages may show pictures from.
    """

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    pictures_from: str | None = None


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
        library: the folder of the user's own embeddings and upscalers.
        door: knows who asks.
        office: decides who may.
        privacy: hands over and erases what is somebody's.
        side_door: signs in those whom a provider vouches for; None where there is none.
        exposition: shows what is measured.
        metrics_token: who shows it may see that.
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
    library: Path
    door: Door
    office: Office
    privacy: Privacy
    side_door: SideDoor | None
    exposition: Exposition
    metrics_token: str | None
    body_limit: int
    images_limit: int


def _rooms(request: HTTPConnection) -> Rooms:
    return cast(Rooms, request.app.state.rooms)


House = Annotated[Rooms, Depends(_rooms)]
