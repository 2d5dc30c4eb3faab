"""A contact sheet: the pictures of a batch side by side, with what is different about them written beside."""

import math
from collections.abc import Mapping, Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from safelight.domain.batch import Axis

SIDE = 256
"""Of a cell, in pixels, where there is room."""
LONGEST = 12_000
"""Pixels of a side of the sheet, labels left out; WebP ends at 16,383."""
GAP = 4
PAPER, INK, FAINT = "#ffffff", "#202020", "#e8e8e8"


def contact_sheet(
    pictures: Mapping[int, bytes], *, cells: int, axes: Sequence[Axis], image_format: str = "WEBP"
) -> bytes:
    """Draw it: columns are the first axis, rows the second, and the third goes on below.

    Args:
        pictures: by the index of their cell, as files; a cell without one stays empty.
        cells: how many there are; without axes they fill about a square.
    """
    columns = len(axes[0].all()) if axes else math.ceil(math.sqrt(cells))
    rows = math.ceil(cells / columns)
    side = max(8, min(SIDE, LONGEST // max(columns, rows)))
    size = max(8.0, min(16.0, side / 8))
    font = ImageFont.load_default(size)
    across = [_name(axes[0], value) for value in axes[0].all()] if axes else []
    down = _rows(axes)
    left = max((math.ceil(font.getlength(name)) for name in down), default=0) + (2 * GAP if down else 0)
    left = min(left, 2 * SIDE)
    top = math.ceil(size * 1.6) if across else 0
    sheet = Image.new("RGB", (left + columns * (side + GAP), top + rows * (side + GAP)), PAPER)
    for index in range(cells):
        corner = (left + index % columns * (side + GAP), top + index // columns * (side + GAP))
        _paste(sheet, pictures.get(index), corner, side)
    draw = ImageDraw.Draw(sheet)
    for column, name in enumerate(across):
        draw.text((left + column * (side + GAP), GAP // 2), _cut(name, font, side), fill=INK, font=font)
    for row, name in enumerate(down):
        draw.text((GAP, top + row * (side + GAP) + GAP), _cut(name, font, left - GAP), fill=INK, font=font)
    out = BytesIO()
    sheet.save(out, image_format)
    return out.getvalue()


def _paste(sheet: Image.Image, picture: bytes | None, corner: tuple[int, int], side: int) -> None:
    if picture is None:
        sheet.paste(FAINT, (*corner, corner[0] + side, corner[1] + side))
        return
    with Image.open(BytesIO(picture)) as opened:
        small = opened.convert("RGBA")
    small.thumbnail((side, side))
    middle = (corner[0] + (side - small.width) // 2, corner[1] + (side - small.height) // 2)
    sheet.paste(small, middle, small)


def _rows(axes: Sequence[Axis]) -> list[str]:
    if len(axes) < 2:
        return []
    rows = [_name(axes[1], value) for value in axes[1].all()]
    if len(axes) == 2:
        return rows
    return [f"{_name(axes[2], value)}, {row}" for value in axes[2].all() for row in rows]


def _name(axis: Axis, value: object) -> str:
    # A prompt's own words are enough of a label.
    return str(value) if axis.search else f"{axis.field.rpartition('.')[2]} {value}"


def _cut(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    text = " ".join(text.split())
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…" if text else ""
