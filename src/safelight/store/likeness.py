"""How much two pictures look alike."""

import math
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safelight.domain.gallery import PixelDifference

SIDE = 64
"""Pictures are compared at this size, as one sees them from some way off."""
ROWS = 256
"""Pixels are compared in bands of so many rows, so that large pictures do not need many times their memory."""
SMALLEST = 1e-6
"""What a single pixel's difference counts at least."""
TO_CONES = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                     [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                   [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip
"""From linear sRGB to OKLab (Ottosson, 2020, https://bottosson.github.io/posts/oklab)."""


def difference(one: bytes, other: bytes) -> float | None:
    """Exactly 0 where every pixel is the same; else the mean distance in OKLab, above 0, about 1 between black and
    white. None where the sizes differ.

    Transparent pictures are looked at on white and on black, and the larger distance counts.
    """
    first, second = _open(one), _open(other)
    if first.size != second.size:
        return None
    if first.tobytes() == second.tobytes():
        return 0.0
    distances = [_distance(_on(first, paper), _on(second, paper)) for paper in ("white", "black")]
    # What is too small to be seen from afar is still not the same.
    return max(*distances, SMALLEST)


def pixel_difference(one: bytes, other: bytes) -> PixelDifference | None:
    """How far apart the pixels are; None where the sizes differ."""
    first, second = _open(one), _open(other)
    if first.size != second.size:
        return None
    total = squares = largest = 0
    for top in range(0, first.height, ROWS):
        band = (0, top, first.width, min(top + ROWS, first.height))
        apart = np.abs(_seen(first.crop(band)) - _seen(second.crop(band)))
        total, squares = total + int(apart.sum()), squares + int((apart.astype(np.int64) ** 2).sum())
        largest = max(largest, int(apart.max()))
    count = first.width * first.height * 4
    psnr = 10 * math.log10(255**2 * count / squares) if squares else None
    return PixelDifference(mean=total / count, max=largest, psnr=psnr)


def _seen(image: Image.Image) -> NDArray[np.int32]:
    """Colours as far as they are seen, and how far that is; shape [height, width, 4], 0 to 255."""
    levels = np.asarray(image, np.int32)
    alpha = levels[..., 3:]
    return np.concatenate([(levels[..., :3] * alpha + 127) // 255, alpha], axis=-1)


def _open(data: bytes) -> Image.Image:
    with Image.open(BytesIO(data)) as image:
        return image.convert("RGBA")


def _on(image: Image.Image, paper: str) -> NDArray[np.float64]:
    """In OKLab, shape [64, 64, 3]."""
    flat = Image.new("RGBA", image.size, paper)
    flat.alpha_composite(image)
    rgb = np.asarray(flat.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX), np.float64) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = np.cbrt(linear @ TO_CONES.T) @ TO_LAB.T
    return lab


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(one - other, axis=-1).mean())
