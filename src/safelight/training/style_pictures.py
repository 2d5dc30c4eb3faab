"""A folder of somebody's own pictures with a caption each: read, checked, squared and made small.

A caption is ``name.txt`` beside ``name.png``, or a line in ``captions.json`` (``{"name.png": "a cat"}``) or
``captions.csv`` (``name.png,a cat``).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from safelight.domain.errors import Refused
from safelight.training.render import Bytes

ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"))
FEWEST, MOST = 5, 20


@dataclass(frozen=True, slots=True)
class StylePicture:
    """``pixels`` is premultiplied ``[size, size, 4]``."""

    name: str
    caption: str
    pixels: Bytes


def read(folder: Path, *, size: int) -> list[StylePicture]:
    """Every picture of a folder, in the order of their names.

    Raises Refused where the folder is not there, holds fewer than 5 or more than 20 pictures, where a caption is
    missing, or where a file cannot be read.
    """
    if not folder.is_dir():
        raise Refused(f"'{folder}' is not a folder.", hint="Name a folder with 5 to 20 pictures and their captions.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    _check_count(folder, len(files))
    listed = _listed(folder)
    captions = [_caption(file, listed) for file in files]
    if missing := [file.name for file, caption in zip(files, captions, strict=True) if not caption]:
        raise Refused(
            f"These pictures have no caption: {', '.join(missing)}.",
            hint="Write what each shows in a text file of the same name (cat.png, cat.txt), or all in captions.json.",
        )
    return [
        StylePicture(file.name, caption, squared(file, size)) for file, caption in zip(files, captions, strict=True)
    ]


def _check_count(folder: Path, count: int) -> None:
    if count == 0:
        raise Refused(
            f"There are no pictures in '{folder}'.", hint=f"Known endings: {', '.join(sorted(ENDINGS))}; no subfolders."
        )
    if count < FEWEST:
        raise Refused(
            f"There are only {count} pictures in '{folder}'.",
            hint=f"A style needs at least {FEWEST}: fewer are learnt by heart.",
        )
    if count > MOST:
        raise Refused(f"There are {count} pictures in '{folder}'.", hint=f"Choose the {MOST} that show the style best.")


def _caption(file: Path, listed: dict[str, str]) -> str:
    beside = file.with_suffix(".txt")
    words = _text(beside) if beside.exists() else listed.get(file.name, listed.get(file.stem, ""))
    return " ".join(words.split())


def _listed(folder: Path) -> dict[str, str]:
    """What ``captions.json`` or ``captions.csv`` say; the first of them that is there."""
    if (file := folder / "captions.json").exists():
        try:
            listed = json.loads(_text(file))
        except ValueError as error:
            raise Refused(f"'{file}' is not valid JSON: {error}.", hint='Write {"cat.png": "a cat", ...}.') from error
        if not isinstance(listed, dict) or not all(isinstance(words, str) for words in listed.values()):
            raise Refused(f"'{file}' does not map names to captions.", hint='Write {"cat.png": "a cat", ...}.')
        return listed
    if (file := folder / "captions.csv").exists():
        rows = csv.reader(_text(file).splitlines())
        return {row[0].strip(): ",".join(row[1:]) for row in rows if len(row) > 1}
    return {}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"'{file}' cannot be read: {error}.", hint="Captions are plain text in UTF-8.") from error


def squared(file: Path, size: int) -> Bytes:
    """Any picture as premultiplied ``[size, size, 4]``: turned upright, nothing added around it but transparency."""
    try:
        with Image.open(file) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGBA").convert("RGBa")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise Refused(
            f"'{file.name}' cannot be read as a picture: {error}.", hint="Save it again as PNG, or take it out."
        ) from error
    side = max(picture.size)
    canvas = Image.new("RGBa", (side, side))
    canvas.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return np.asarray(canvas.resize((size, size), Image.Resampling.BOX if side >= size else Image.Resampling.BICUBIC))


def stacked(pictures: Sequence[StylePicture]) -> Bytes:
    return np.stack([picture.pixels for picture in pictures])
