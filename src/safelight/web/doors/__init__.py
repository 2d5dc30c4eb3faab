"""Doors: the APIs of other programs, each a thin translation to `runner.submit` and the feed."""

from collections.abc import Collection

from fastapi import APIRouter, FastAPI

from safelight.domain.doors import DoorName
from safelight.web.doors.a1111 import extras, lists, watching
from safelight.web.doors.a1111 import routes as a1111
from safelight.web.doors.a1111.desk import Desk
from safelight.web.doors.early import demo, diffusion, dreamsketch, guarded, saved, sprites, status
from safelight.web.doors.mcp import routes as mcp
from safelight.web.doors.mcp.routes import Assistants
from safelight.web.doors.openai import routes as openai

CORS_HEADERS = (
    *(f"X-Stainless-{name}" for name in ("Arch", "Lang", "OS", "Package-Version", "Retry-Count", "Runtime")),
    *("X-Stainless-Runtime-Version", "X-Stainless-Timeout", "Mcp-Session-Id", "Mcp-Protocol-Version"),
)
"""What clients send along from pages of other sites that may use the API."""
CORS_SHOWN = ("Mcp-Session-Id", "X-Should-Retry")

ROUTERS: tuple[tuple[frozenset[DoorName], APIRouter], ...] = (
    (frozenset({DoorName.OPENAI}), openai.router),
    *((frozenset({DoorName.A1111}), room.router) for room in (a1111, watching, lists, extras)),
    (frozenset({DoorName.DEMO, DoorName.GUARDED}), status.router),
    (frozenset({DoorName.DEMO}), demo.router),
    (frozenset({DoorName.DIFFUSION}), diffusion.router),
    (frozenset({DoorName.GUARDED}), guarded.router),
    (frozenset({DoorName.DREAMSKETCH}), dreamsketch.router),
    *((frozenset({DoorName.SPRITES}), room.router) for room in (sprites, saved)),
    (frozenset({DoorName.MCP}), mcp.router),
)
"""Each with the doors that it is a part of."""


def install(app: FastAPI, doors: Collection[DoorName]) -> None:
    """Open the doors."""
    app.state.desk, app.state.assistants = Desk(), Assistants()
    for names, router in ROUTERS:
        if names & set(doors):
            app.include_router(router)
