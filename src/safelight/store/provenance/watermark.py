"""An invisible mark in the pixels: 32 bits that survive JPEG and WebP, but neither scaling nor turning.

Luminance is cut into blocks of 8x8 pixels. In each, a few low frequencies of the cosine transform are moved to the
nearest point of one of two grids, which lie half a step apart: one says 0, the other 1 (quantisation index modulation,
Chen and Wornell 2001). A random offset for each keeps flat surfaces from saying anything. Every bit is written wherever
there is room, and read as what most of it says, the sure places counting more.
"""

import hashlib
import zlib
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safelight.domain.recipe import Recipe

SIDE = 8
STEP = 26.0
"""Distance of two points of a grid, in levels of the orthonormal transform."""
FREQUENCIES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1))
BITS, CHECK_BITS = 32, 16
CODE = BITS + CHECK_BITS
SURE = 0.66
"""Share of what is read that must agree: in pictures without a mark it is about half."""
FLAT = 0.75
"""Levels that the luminance of a block spreads over at least: what is flatter was never written to."""
CHANCE = 0.6
"""How close to a point of the grids what was never written to lies, in the mean."""
OPAQUE = 240
LUMINANCE = np.array([0.299, 0.587, 0.114])
SMALLEST = 96
"""Blocks that it takes, so that every bit stands twice."""

Levels = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """A mark that was read, and how much of the picture agrees with it, from 0.5 to 1."""

    mark: int
    sure: float


def mark_of(recipe: Recipe) -> int:
    """What a picture is marked with: drawn again, it is marked the same, and every pixel is."""
    return int.from_bytes(hashlib.sha256(recipe.model_dump_json(exclude_defaults=True).encode()).digest()[:4])


def put(png: bytes, mark: int) -> bytes | None:
    """The picture with a mark of 32 bits, as a PNG, its transparency as it was; None where it is too small."""
    with Image.open(BytesIO(png)) as opened:
        image = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    pixels = np.asarray(image, np.float64)
    room = _room(pixels)
    if int(room.sum()) < SMALLEST:
        return None
    height, width = (length // SIDE * SIDE for length in pixels.shape[:2])
    colours = pixels[:height, :width, :3]
    before = _transformed(_blocks(colours @ LUMINANCE))
    wished = np.where(room[:, None], _moved(_chosen(before), _code(mark)[_bit_of(len(room))]), _chosen(before))
    change = np.zeros_like(before)
    for index, (row, column) in enumerate(FREQUENCIES):
        change[:, row, column] = wished[:, index] - before[:, row, column]
    lighter = _joined(_transformed(change, back=True), height, width)
    marked = pixels.copy()
    marked[:height, :width, :3] = np.clip(np.rint(colours + lighter[..., None]), 0, 255)
    out = BytesIO()
    Image.fromarray(marked.astype(np.uint8), image.mode).save(out, "PNG", compress_level=4)
    return out.getvalue()


def read(data: bytes) -> Found | None:
    """The mark of an encoded picture; None where there is none that can be read."""
    with Image.open(BytesIO(data)) as opened:
        image = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    pixels = np.asarray(image, np.float64)
    height, width = (length // SIDE * SIDE for length in pixels.shape[:2])
    if height * width < SMALLEST * SIDE * SIDE:
        return None
    blocks = _blocks(pixels[:height, :width, :3] @ LUMINANCE)
    counts = _room(pixels) & (blocks.max(axis=(1, 2)) - blocks.min(axis=(1, 2)) > FLAT)
    if not counts.any():
        return None
    says = _said(_chosen(_transformed(blocks)))[counts]
    bit_of = _bit_of(len(blocks))[counts]
    weights = np.broadcast_to(_written(says)[:, None], says.shape)
    total = np.bincount(bit_of.ravel(), weights=(says * weights).ravel(), minlength=CODE)
    code = (total > 0).astype(np.int64)
    agrees = (says > 0) == (code[bit_of] == 1)
    sure = float((agrees * weights).sum() / max(weights.sum(), 1e-9))
    mark = int("".join(map(str, code[:BITS])), 2)
    return Found(mark, sure) if sure >= SURE and np.array_equal(code, _code(mark)) else None


def _code(mark: int) -> NDArray[np.int64]:
    """Its bits and those that check them."""
    check = zlib.crc32(mark.to_bytes(4)) & 0xFFFF
    return np.array([int(bit) for bit in f"{mark:0{BITS}b}{check:0{CHECK_BITS}b}"])


def _bit_of(blocks: int) -> NDArray[np.int64]:
    """Which bit of the code stands in which frequency of which block; shape [blocks, frequencies]. Every bit comes
    equally often, in no order that a picture could have."""
    places = blocks * len(FREQUENCIES)
    order = np.random.Generator(np.random.PCG64(1)).permutation(places)
    return (order % CODE).reshape(blocks, len(FREQUENCIES))


def _offsets(blocks: int) -> Levels:
    """Shape [blocks, frequencies]."""
    return np.random.Generator(np.random.PCG64(2)).uniform(0, STEP, (blocks, len(FREQUENCIES)))


def _moved(levels: Levels, bits: NDArray[np.int64]) -> Levels:
    """Each to the nearest point of the grid of its bit."""
    start = _offsets(len(levels)) + bits * STEP / 2
    return np.rint((levels - start) / STEP) * STEP + start


def _said(levels: Levels) -> Levels:
    """From -1, surely a 0, to 1, surely a 1."""
    told: Levels = -np.cos((levels - _offsets(len(levels))) * (2 * np.pi / STEP))
    return told


def _written(says: Levels) -> Levels:
    """How much a block looks as if it had been written to: all of it lies close to the points of the grids. Edges of
    what was transparent do not. Shape [blocks]."""
    weights: Levels = np.clip(np.abs(says).mean(axis=1) - CHANCE, 0, None) ** 2
    return weights


def _room(pixels: Levels) -> NDArray[np.bool_]:
    """Which blocks can be written to: what is not seen cannot be read."""
    height, width = (length // SIDE * SIDE for length in pixels.shape[:2])
    if pixels.shape[2] == 3:
        return np.ones(height * width // SIDE**2, bool)
    least = np.min(_blocks(pixels[:height, :width, 3]), axis=(1, 2))
    return np.asarray(least >= OPAQUE, bool)


def _chosen(transformed: Levels) -> Levels:
    """The frequencies that are written to; shape [blocks, frequencies]."""
    rows, columns = zip(*FREQUENCIES, strict=True)
    chosen: Levels = transformed[:, rows, columns]
    return chosen


def _blocks(plane: Levels) -> Levels:
    """Shape [height, width] to [blocks, 8, 8], from left to right and top to bottom."""
    height, width = plane.shape
    cut = plane.reshape(height // SIDE, SIDE, width // SIDE, SIDE)
    return cut.swapaxes(1, 2).reshape(-1, SIDE, SIDE)


def _joined(blocks: Levels, height: int, width: int) -> Levels:
    cut = blocks.reshape(height // SIDE, width // SIDE, SIDE, SIDE)
    return cut.swapaxes(1, 2).reshape(height, width)


def _transformed(blocks: Levels, *, back: bool = False) -> Levels:
    """The orthonormal cosine transform of every block, or back from it."""
    index = np.arange(SIDE)
    basis = np.cos(np.pi * (2 * index + 1) * index[:, None] / (2 * SIDE)) * np.sqrt(2 / SIDE)
    basis[0] /= np.sqrt(2)
    made: Levels = basis.T @ blocks @ basis if back else basis @ blocks @ basis.T
    return made
