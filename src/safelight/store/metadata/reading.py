"""Which of the formats a picture speaks, and what it says. PNGs have texts by name; in JPEG and WebP the same texts
stand in EXIF."""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from PIL import ExifTags
from PIL import Image as Pillow

from safelight.domain.picture import Origin
from safelight.store.metadata import a1111, comfyui, invokeai, ours
from safelight.store.metadata.draft import Draft, Found
from safelight.store.metadata.png import INFOTEXT, OURS

UTF16 = b"UNICODE\0"
ASCII = b"ASCII\0\0\0"


def found(image: Pillow.Image, *, known: Collection[str] = ()) -> Found:
    """How a decoded picture was made, as far as it tells.

    Args:
        known: ids of the models and adapters that a recipe can name here.
    """
    try:
        made = _draft(texts(image))
        return Found(Origin.UNKNOWN) if made is None else made.found(known)
    except RecursionError:  # Brackets within brackets, by the thousand.
        return Found(Origin.UNKNOWN)


def texts(image: Pillow.Image) -> dict[str, str]:
    """The texts inside of a picture, by name."""
    named = {str(name): text for name, text in image.info.items() if isinstance(text, str)}
    exif = image.getexif()
    for tag in (ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.ImageDescription):
        # ComfyUI's `prompt:{…}`
        name, colon, text = str(exif.get(tag, "")).partition(":")
        if colon and text.lstrip().startswith("{"):
            named.setdefault(name.strip().lower(), text)
    comment = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    if isinstance(comment, bytes):
        named.setdefault(INFOTEXT, _comment(comment))
    elif isinstance(comment, str):
        named.setdefault(INFOTEXT, comment)
    return named


def _comment(data: bytes) -> str:
    """EXIF's UserComment begins with the name of its encoding; nobody agrees on the order of the bytes."""
    if data.startswith(UTF16):
        text = data.removeprefix(UTF16)
        zeros_first = text[::2].count(0) >= text[1::2].count(0)
        return text.decode("utf-16-be" if zeros_first else "utf-16-le", errors="replace")
    return data.removeprefix(ASCII).decode(errors="replace")


def _draft(named: Mapping[str, str]) -> Draft | None:
    attempts: tuple[Callable[[], Draft | None], ...] = (
        lambda: ours.draft(named.get(OURS, "")),
        lambda: invokeai.draft(_object(named.get("invokeai_metadata"))),
        lambda: a1111.draft(named.get(INFOTEXT, "")),
        lambda: comfyui.draft(_object(named.get("prompt"))),
    )
    return next((made for attempt in attempts if (made := attempt()) is not None), None)


def _object(text: str | None) -> Mapping[str, Any]:
    try:
        value = json.loads(text or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
