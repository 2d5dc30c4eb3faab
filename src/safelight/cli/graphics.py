"""Pictures as terminals read them: kitty's protocol, iTerm2's, sixels, and halves of blocks in any colour."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safelight.cli.terminal import Show, Terminal

ESC = "\x1b"
ST = f"{ESC}\\"
KITTY_CHUNK = 4096
"""Characters of base64 that kitty reads at once."""
KITTY_ID = 0x5AFE
"""The picture that is shown and put in place of itself, again and again."""
SIXEL_COLOURS = 255
OPAQUE = 128
UPPER, LOWER = "▀", "▄"


@dataclass(frozen=True)
class Area:
    """Cells that a picture takes."""

    columns: int
    rows: int


def fitted(size: tuple[int, int], terminal: Terminal, *, within: Area) -> Area:
    """The largest area of a picture's proportions within another one."""
    across, down = terminal.cell if terminal.show is not Show.BLOCKS else (1, 2)
    cells = (size[0] / across) / (size[1] / down)
    """Columns for a row."""
    rows = min(within.rows, max(1, round(within.columns / cells)))
    return Area(columns=max(1, min(within.columns, round(rows * cells))), rows=rows)


def drawn(image: Image.Image, terminal: Terminal, area: Area) -> str:
    """What to write where the cursor is, so that the picture stands there. Where the cursor goes to is open."""
    match terminal.show:
        case Show.KITTY:
            return kitty(image, area)
        case Show.ITERM:
            return iterm(image, area)
        case Show.SIXEL:
            across, down = terminal.cell
            return sixel(resized(image, (area.columns * across, area.rows * down)))
        case _:
            lines = blocks(resized(image, (area.columns, area.rows * 2)), colours=terminal.colours)
            return "\r\n".join(f"{line}{ESC}[K" for line in lines)


def erased(terminal: Terminal) -> str:
    """What to write so that nothing of it stays beside the text, which is erased otherwise."""
    return f"{ESC}_Ga=d,d=I,i={KITTY_ID},q=2{ST}" if terminal.show is Show.KITTY else ""


def resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """In another size: enlarged pixels keep their edges, as sprites want it."""
    smaller = size[0] * size[1] < image.width * image.height
    return image.resize(size, Image.Resampling.BOX if smaller else Image.Resampling.NEAREST)


def kitty(image: Image.Image, area: Area) -> str:
    """Kitty's graphics protocol: a PNG in chunks, in place of the one before; the cursor stays."""
    text = b64encode(_png(image)).decode()
    chunks = [text[at : at + KITTY_CHUNK] for at in range(0, len(text), KITTY_CHUNK)]
    first = f"a=T,f=100,i={KITTY_ID},p=1,c={area.columns},r={area.rows},C=1,q=2,"
    last = len(chunks) - 1
    return "".join(
        f"{ESC}_G{first if number == 0 else ''}m={int(number < last)};{chunk}{ST}"
        for number, chunk in enumerate(chunks)
    )


def iterm(image: Image.Image, area: Area) -> str:
    """iTerm2's inline image."""
    png = _png(image)
    told = f"inline=1;size={len(png)};width={area.columns};height={area.rows};preserveAspectRatio=1"
    return f"{ESC}]1337;File={told};doNotMoveCursor=1:{b64encode(png).decode()}\a"


def sixel(image: Image.Image) -> str:
    """Sixels: at most 255 colours, six rows of pixels at a time; what is transparent has the terminal's colour."""
    rgba = image.convert("RGBA")
    seen = np.asarray(rgba.getchannel("A")) >= OPAQUE
    paletted = rgba.convert("RGB").quantize(SIXEL_COLOURS, method=Image.Quantize.MEDIANCUT)
    colours, numbers = paletted.getpalette() or [], np.asarray(paletted)
    used = np.unique(numbers[seen]).tolist()
    inks = "".join(_ink(number, colours[number * 3 : number * 3 + 3]) for number in used)
    bands = (_band(numbers[top : top + 6], seen[top : top + 6]) for top in range(0, image.height, 6))
    return f'{ESC}P0;0;0q"1;1;{image.width};{image.height}{inks}{"-".join(bands)}{ST}'


def _ink(number: int, colour: Sequence[int]) -> str:
    red, green, blue = (round(part * 100 / 255) for part in colour)
    return f"#{number};2;{red};{green};{blue}"


def _band(numbers: NDArray[np.uint8], seen: NDArray[np.bool_]) -> str:
    weights = 1 << np.arange(len(numbers))
    rows = []
    for number in np.unique(numbers[seen]):
        bits = ((numbers == number) & seen).T @ weights
        runs = ((chr(63 + int(value)), len(list(run))) for value, run in groupby(bits))
        text = "".join(f"!{length}{letter}" if length > 3 else letter * length for letter, length in runs)
        rows.append(f"#{number}{text}")
    return "$".join(rows)


def blocks(image: Image.Image, *, colours: int) -> Iterator[str]:
    """Lines of halves of blocks: two pixels a cell, one above the other. What is transparent is left as it is."""
    pixels = np.asarray(image.convert("RGBA")).tolist()
    for above, below in zip(pixels[::2], pixels[1::2], strict=True):
        yield _line(zip(above, below, strict=True), colours)


def _line(cells: Iterator[tuple[list[int], list[int]]], colours: int) -> str:
    parts, before = [], ""
    for above, below in cells:
        style, letter = _cell(above, below, colours)
        parts.append(letter if style == before else f"{ESC}[0{style}m{letter}")
        before = style
    return "".join(parts) + f"{ESC}[0m"


def _cell(above: list[int], below: list[int], colours: int) -> tuple[str, str]:
    top, bottom = above[3] >= OPAQUE, below[3] >= OPAQUE
    if top and bottom:
        return f";38;{_colour(above, colours)};48;{_colour(below, colours)}", UPPER
    if top:
        return f";38;{_colour(above, colours)}", UPPER
    return (f";38;{_colour(below, colours)}", LOWER) if bottom else ("", " ")


def _colour(pixel: list[int], colours: int) -> str:
    red, green, blue = pixel[:3]
    if colours > 256:
        return f"2;{red};{green};{blue}"
    return f"5;{16 + 36 * _sixth(red) + 6 * _sixth(green) + _sixth(blue)}"


def _sixth(part: int) -> int:
    """The nearest of the six shades in the cube of 256 colours: 0, 95, 135, 175, 215, 255."""
    return 0 if part < 48 else 1 if part < 115 else (part - 35) // 40


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
