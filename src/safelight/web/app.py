"""The web app: every route, and how errors, headers and the studio hang together."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from starlette.middleware.cors import CORSMiddleware

from safelight import __version__
from safelight.admission.door import Door
from safelight.admission.office import Office
from safelight.batching import Batching
from safelight.runner import Runner
from safelight.store.gallery import Gallery
from safelight.store.shares import Shares
from safelight.web import (
    admitting,
    batches,
    envelope,
    estimates,
    gallery,
    generations,
    health,
    images,
    keys,
    models,
    moderations,
    openapi,
    people,
    pictures,
    problems,
    prompts,
    session,
    sharing,
    sockets,
    stepping,
    storage,
    studio,
)
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
    site: Site = ANYWHERE,
    home: Path = Path(),
    built_studio: Path = studio.BUILT,
    body_limit: int = BODY_LIMIT,
    images_limit: int = IMAGES_LIMIT,
) -> FastAPI:
    """The app for an opened runner. It has no lifespan of its own: who builds it opens and closes the house.

    Args:
        runner: takes the recipes.
        batching: takes many of them at once.
        gallery: finds the pictures.
        shares: links to single pictures.
        stop: ends every open stream when it is set; `web.server.Server` sets it.
        door: knows who asks.
        office: decides who may.
        site: under which names the server may be asked for, and from where.
        home: where the server keeps its things.
        built_studio: folder with the studio's index.html; without one, `/` answers JSON.
        body_limit: bytes that a request body may have.
        images_limit: bytes that one with images in it may have.
    """
    app = _app(site)
    studio.install(app, built=built_studio, pictures_from=site.pictures_from)
    app.state.rooms = Rooms(
        runner=runner,
        batching=batching,
        gallery=gallery,
        shares=shares,
        stop=stop,
        darkroom=Darkroom(),
        home=home,
        door=door,
        office=office,
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
        storage,
        models,
        prompts,
        moderations,
        session,
        keys,
        people,
        health,
    )
)
CORS_HEADERS = ("Authorization", "X-API-Key", "Content-Type", "Idempotency-Key", "Prefer", "Last-Event-ID")
CORS_SHOWN = ("Location", "X-Generation-Id", "Preference-Applied", "RateLimit", "RateLimit-Policy", "Retry-After")


def _app(site: Site) -> FastAPI:
    app = FastAPI(
        title="Safelight",
        version=__version__,
        summary="A self-hosted image-generation server that streams every denoising step.",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(admitting.admit)],
    )
    for router in ROUTERS:
        app.include_router(router)
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
