"""The engine as a server runs it: with models that are loaded when they are asked for, within a budget of memory."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from safelight.engine.device import memory_of
from safelight.engine.engine import Engine
from safelight.engine.folder import ModelFolder
from safelight.engine.footprint import Footprints
from safelight.engine.residency import Residency
from safelight.engine.shelf import Shelf
from safelight.engine.tuning import Tuning
from safelight.engine.upscaling import Upscalers

MEMORY_SHARE = 0.9
"""Of the device's memory, what models and pictures may take where nobody says."""


def open_engine(
    find: Callable[[str], ModelFolder],
    *,
    device: str,
    dtype: str,
    embeddings: Path | None,
    tuning: Mapping[str, Any],
    pinned: Collection[str],
    footprints: Footprints,
    memory: int | None,
    shelf: Shelf,
) -> tuple[Engine, Residency]:
    """An engine, and the models that it draws with. What is not said here is said by `Residency`.

    Args:
        tuning: arguments of `Tuning`.
        memory: bytes that models and pictures may take; None for most of what the device has.
        shelf: of what every model may use.
    """
    residency = Residency(
        find,
        device=device,
        dtype=dtype,
        embeddings=embeddings,
        tuning=Tuning(**tuning),
        pinned=pinned,
        footprints=footprints,
    )
    residency.budget = memory or round(MEMORY_SHARE * memory_of(residency.device))
    upscalers = Upscalers(shelf, device=residency.device)
    engine = Engine(residency.family, profile=residency.measure, upscalers=upscalers, room=lambda: residency.room)
    residency.busy = engine.draws_with
    return engine, residency
