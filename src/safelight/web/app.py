"""The web app: every route, and how errors, headers and the studio hang together."""

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from opentelemetry.trace import TracerProvider
from starlette.middleware.cors import CORSMiddleware

from safelight import __version__
from safelight.admission.door import Door
from safelight.admission.office import Office
from safelight.admission.side_door import SideDoor
from safelight.batching import Batching
from safelight.domain.doors import DoorName
from safelight.metering.exposition import Exposition
from safelight.metering.opening import Metering
from safelight.privacy import Privacy
from safelight.runner import Runner
from safelight.store.gallery import Gallery
from safelight.store.shares import Shares
from safelight.web import (
    admitting,
    batches,
    doors,
    envelope,
    estimates,
    gallery,
    generations,
    health,
    images,
    keys,
    metrics,
    models,
    moderations,
    openapi,
    people,
    pictures,
    privacy,
    problems,
    prompts,
    providers,
    request_ids,
    session,
    sharing,
    side_door,
    sockets,
    stepping,
    storage,
    studio,
    usage,
    watermarks,
    workspaces,
)
from safelight.web.hardware import Hardware
from safelight.web.previews import Darkroom
from safelight.web.rooms import Rooms, Site

BODY_LIMIT = 256 * 1024
"""Bytes: both prompts at their longest, each character as two JSON escapes, with room to spare."""

IMAGES_LIMIT = 32 * 1024 * 1024
ANYWHERE = Site()


def build(
    *,
    runner: Runner,
    batching: Batching,
    gallery: Gallery,
    shares: Shares,
    stop: asyncio.Event,
    door: Door,
    office: Office,
    privacy: Privacy,
    side_door: SideDoor | None = None,
    site: Site = ANYWHERE,
    home: Path = Path(),
    library: Path | None = None,
    built_studio: Path = studio.BUILT,
    body_limit: int = BODY_LIMIT,
    images_limit: int = IMAGES_LIMIT,
    metering: Metering | None = None,
    metrics_token: str | None = None,
    open_doors: Collection[DoorName] = tuple(DoorName),
) -> FastAPI:
    """The app for an opened runner. It has no lifespan of its own: who builds it opens and closes the house.

    Args:
        site: under which names the server may be asked for, and from where.
        library: where the user's own things for drawing are; left out, `home`.
        built_studio: folder with the studio's index.html; without one, `/` answers JSON.
        metering: what is measured; left out, one that hears of the requests alone.
        open_doors: whose APIs are spoken besides its own.
        stop: ends every open stream when it is set; `web.server.Server` sets it. All others are as `Rooms` says.
    """
    if metering is None:
        exposition = Exposition()
        exposition.look_at(runner)
        metering = Metering(exposition=exposition, meter=exposition.meter)
    app = _app(site, open_doors, traces=metering.traces)
    app.add_middleware(metrics.Measured, meter=metering.meter)
    app.add_middleware(request_ids.Identified)
    studio.install(app, built=built_studio, pictures_from=site.pictures_from)
    app.state.hardware = Hardware()
    app.state.rooms = Rooms(
        runner=runner,
        batching=batching,
        gallery=gallery,
        shares=shares,
        stop=stop,
        darkroom=Darkroom(),
        home=home,
        library=library or home,
        door=door,
        office=office,
        privacy=privacy,
        side_door=side_door,
        exposition=metering.exposition,
        metrics_token=metrics_token,
        body_limit=body_limit,
        images_limit=images_limit,
    )
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, without a server, a store or a model."""
    return _app(ANYWHERE).openapi()


ROUTERS = tuple(
    room.router
    for room in (
        generations,
        batches,
        estimates,
        stepping,
        sockets,
        images,
        # Before the pictures: `/tags` is no id of one.
        gallery,
        pictures,
        sharing,
        watermarks,
        storage,
        usage,
        models,
        providers,
        prompts,
        moderations,
        session,
        side_door,
        privacy,
        keys,
        people,
        workspaces,
        health,
        metrics,
    )
)
CORS_HEADERS = (
    *("Authorization", "X-API-Key", "Content-Type", "Idempotency-Key", "Prefer", "Last-Event-ID", request_ids.HEADER),
    *doors.CORS_HEADERS,
)
CORS_SHOWN = (
    *("Location", "X-Generation-Id", "Preference-Applied", "RateLimit", "RateLimit-Policy", "Retry-After"),
    request_ids.HEADER,
    *doors.CORS_SHOWN,
)


def _app(site: Site, open_doors: Collection[DoorName] = (), *, traces: TracerProvider | None = None) -> FastAPI:
    app = FastAPI(
        title="Safelight",
        version=__version__,
        summary="A self-hosted image-generation server that streams every denoising step.",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(admitting.admit)],
        telemetry=metrics.telemetry_of(traces),
    )
    for router in ROUTERS:
        app.include_router(router)
    doors.install(app, open_doors)
    problems.install(app)
    openapi.install(app)
    if site.origins:
        # Without credentials: pages of other sites show a key, and never have a session's cookie sent along.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=site.origins,
            allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=CORS_HEADERS,
            expose_headers=CORS_SHOWN,
        )
    app.add_middleware(envelope.Envelope, site=site)
    return app
