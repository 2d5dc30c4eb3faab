"""The web app: every route, and how errors, headers and the studio hang together."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from safelight import __version__
from safelight.runner import Runner
from safelight.web import (
    envelope,
    estimates,
    generations,
    health,
    images,
    models,
    moderations,
    openapi,
    pictures,
    problems,
    prompts,
    sockets,
    stepping,
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
    stop: asyncio.Event,
    home: Path = Path(),
    built_studio: Path = studio.BUILT,
    body_limit: int = BODY_LIMIT,
    images_limit: int = IMAGES_LIMIT,
) -> FastAPI:
    """The app for an opened runner. It has no lifespan of its own: who builds it opens and closes the house.

    Args:
        runner: takes the recipes.
        stop: ends every open stream when it is set; `web.server.Server` sets it.
        home: where the server keeps its things.
        built_studio: folder with the studio's index.html; without one, `/` answers JSON.
        body_limit: bytes that a request body may have.
        images_limit: bytes that one with images in it may have.
    """
    app = _app()
    studio.install(app, built=built_studio)
    app.state.rooms = Rooms(
        runner=runner,
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


def _app() -> FastAPI:
    app = FastAPI(
        title="Safelight",
        version=__version__,
        summary="A self-hosted image-generation server that streams every denoising step.",
        docs_url=None,
        redoc_url=None,
    )
    for room in (generations, estimates, stepping, sockets, images, pictures, models, prompts, moderations, health):
        app.include_router(room.router)
    problems.install(app)
    openapi.install(app)
    app.add_middleware(envelope.Envelope)
    return app
