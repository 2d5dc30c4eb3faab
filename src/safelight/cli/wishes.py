"""Options of `safelight generate` that stand for whole parts of a recipe."""

import re
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safelight.domain.errors import InvalidRecipe

BEGINNINGS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"RIFF": "webp"}
INJECTION = re.compile(r"(?P<pattern>[a-z]+)@(?P<first>\d+)(?:-(?P<last>\d+))?(?::(?P<strength>\d*\.?\d+))?")


def starting(*, image: Path | None, strength: float | None, mask: Path | None) -> dict[str, Any]:
    """`image` and `mask` of a recipe. Raises InvalidRecipe."""
    if strength is not None and image is None:
        raise InvalidRecipe("--strength needs a start image.", hint="Give --image too.")
    wishes: dict[str, Any] = {}
    if image is not None:
        wishes["image"] = {"image": _read(image)} | ({} if strength is None else {"strength": strength})
    if mask is not None:
        wishes["mask"] = {"image": _read(mask)}
    return wishes


def prompted(image: Path | None) -> dict[str, Any]:
    """`prompt_image` of a recipe. Raises InvalidRecipe."""
    return {} if image is None else {"prompt_image": {"image": _read(image)}}


def loras(texts: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """Each written as `id` or `id:0.8`. Raises InvalidRecipe."""
    return tuple(_lora(text) for text in texts)


def injections(texts: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """Each written as `circle@5`, `circle@5-8` or `circle@5-8:0.5`: pattern, steps, strength. Raises InvalidRecipe."""
    return tuple(_injection(text) for text in texts)


def _lora(text: str) -> dict[str, Any]:
    name, _, weight = text.rpartition(":")
    try:
        return {"id": name, "weight": float(weight)} if name else {"id": text}
    except ValueError:
        return {"id": text}  # The colon is part of the name.


def _injection(text: str) -> dict[str, Any]:
    found = INJECTION.fullmatch(text)
    if found is None:
        raise InvalidRecipe(
            f"'{text}' does not say where and when.", hint="Write --inject circle@5, circle@5-8 or circle@5-8:0.5."
        )
    parts: dict[str, Any] = {name: value for name, value in found.groupdict().items() if value is not None}
    numbers: dict[str, Any] = {name: int(parts[name]) for name in ("first", "last") if name in parts}
    strength = {"strength": float(parts["strength"])} if "strength" in parts else {}
    return {"pattern": parts["pattern"], **numbers, **strength}


def _read(path: Path) -> str:
    """A file as a `data:` URL."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidRecipe(f"{path} cannot be read: {error.strerror}.", hint="Look at its name and place.") from error
    kind = next((kind for beginning, kind in BEGINNINGS.items() if data.startswith(beginning)), None)
    if kind is None:
        raise InvalidRecipe(f"{path} is no image that is read here.", hint="Give a PNG, JPEG or WebP file.")
    return f"data:image/{kind};base64,{b64encode(data).decode()}"
