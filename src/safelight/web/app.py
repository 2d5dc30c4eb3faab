"""The web app: every route, and how errors, headers and the studio hang together."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from safelight import __version__
from safelight.batching import Batching
from safelight.runner import Runner
from safelight.store.gallery import Gallery
from safelight.store.shares import Shares
from safelight.web import (
    batches,
    envelope,
    estimates,
    gallery,
    generations,
    health,
    images,
    models,
    moderations,
    openapi,
    pictures,
    problems,
    prompts,
    sharing,
    sockets,
    stepping,
    storage,
    studio,
)
from safelight.web.previews import Darkroom
from safelight.web.rooms import Rooms

BODY_LIMIT = 256 * 1024
"""Bytes: both prompts at their longest, each character as two JSON escapes, with room to spare."""

IMAGES_LIMIT = 32 * 1024 * 1024


def build(
    *,
    runner: Runner,
    batching: Batching,
    gallery: Gallery,
    shares: Shares,
    stop: asyncio.Event,
    home: Path = Path(),
    built_studio: Path = studio.BUILT,
    body_limit: int = BODY_LIMIT,
    images_limit: int = IMAGES_LIMIT,
    pictures_from: str | None = None,
) -> FastAPI:
    """The app for an opened runner. It has no lifespan of its own: who builds it opens and closes the house.

    Args:
        runner: takes the recipes.
        batching: takes many of them at once.
        gallery: finds the pictures.
        shares: links to single pictures.
        stop: ends every open stream when it is set; `web.server.Server` sets it.
        home: where the server keeps its things.
        built_studio: folder with the studio's index.html; without one, `/` answers JSON.
        body_limit: bytes that a request body may have.
        images_limit: bytes that one with images in it may have.
        pictures_from: scheme and host besides this server's that pages may show pictures from.
    """
    app = _app(pictures_from)
    studio.install(app, built=built_studio)
    app.state.rooms = Rooms(
        runner=runner,
        batching=batching,
        gallery=gallery,
        shares=shares,
        stop=stop,
        darkroom=Darkroom(),
        home=home,
        body_limit=body_limit,
        images_limit=images_limit,
    )
    return app


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, without a server, a store or a model."""
    return _app().openapi()


def _app(pictures_from: str | None = None) -> FastAPI:
    app = FastAPI(
        title="Safelight",
        version=__version__,
        summary="A self-hosted image-generation server that streams every denoising step.",
        docs_url=None,
        redoc_url=None,
    )
    # The gallery goes before the pictures: `/tags` is no id of one.
    finished = (gallery, pictures, sharing, storage)
    asked = (models, prompts, moderations)
    for room in (generations, batches, estimates, stepping, sockets, images, *finished, *asked, health):
        app.include_router(room.router)
    problems.install(app)
    openapi.install(app)
    app.add_middleware(envelope.Envelope, pictures_from=pictures_from)
    return app
