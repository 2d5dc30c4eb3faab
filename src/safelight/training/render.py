"""Draw the artwork as pixels, and carry pixels between their three forms.

*Bytes*: uint8 RGBA, premultiplied, ``[n, height, width, 4]`` (what is stored). *Straight*: float32 0..1, alpha apart
(what colours are computed on). *Signed*: float32 -1..1, premultiplied, ``[n, 4, height, width]`` (what networks see:
with ``rgb * alpha`` a transparent region has one value only).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from safelight.training.artwork import Artwork

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

LARGE = 256
SMALL = 64
_MARGIN = {"flat": 0, "noto": 8, "twemoji": 8}
"""Empty pixels around a set's pictures at the large size, so that a small shift never cuts them."""


def draw(art: Artwork, size: int = LARGE) -> Bytes:
    """One picture, ``[size, size, 4]``, premultiplied."""
    import resvg_py

    margin = _MARGIN.get(art.style, 0) * size // LARGE
    inner = size - 2 * margin
    png = bytes(resvg_py.svg_to_bytes(svg_string=art.svg, width=inner, height=inner))
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    canvas = Image.new("RGBA", (size, size))
    canvas.paste(picture, ((size - picture.width) // 2, (size - picture.height) // 2))
    return premultiply(np.asarray(canvas, np.float32) / np.float32(255))


def draw_all(artwork: Sequence[Artwork], folder: Path) -> tuple[Bytes, Bytes]:
    """Every picture at both sizes, drawn once and kept as ``large.npy`` and ``small.npy`` in ``folder``."""
    large_file, small_file = folder / "large.npy", folder / "small.npy"
    if not small_file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        large = np.lib.format.open_memmap(large_file, mode="w+", dtype=np.uint8, shape=(len(artwork), LARGE, LARGE, 4))
        for row, art in enumerate(artwork):
            large[row] = draw(art)
        np.save(small_file, np.stack([shrink(picture) for picture in large]))
    return np.load(large_file, mmap_mode="r"), np.load(small_file)


def shrink(picture: Bytes, size: int = SMALL) -> Bytes:
    """Average whole blocks of premultiplied pixels down to ``[size, size, 4]``."""
    block = picture.shape[0] // size
    means: Bytes = (picture.reshape(size, block, size, block, 4).mean((1, 3)) + 0.5).astype(np.uint8)
    return means


def premultiply(straight: Floats) -> Bytes:
    """Straight 0..1 RGBA to premultiplied bytes."""
    alpha = straight[..., 3:]
    return (np.concatenate([straight[..., :3] * alpha, alpha], -1).clip(0, 1) * 255 + 0.5).astype(np.uint8)


def unpremultiply(premultiplied: Bytes) -> Floats:
    """Premultiplied bytes to straight 0..1 RGBA; colour where alpha is nought is black."""
    values = premultiplied.astype(np.float32) / 255
    alpha = values[..., 3:]
    return np.concatenate([(values[..., :3] / np.maximum(alpha, 1 / 255)).clip(0, 1), alpha], -1)


def to_signed(premultiplied: Bytes) -> torch.Tensor:
    """``[n, h, w, 4]`` bytes to ``[n, 4, h, w]`` in -1..1."""
    return torch.from_numpy(np.ascontiguousarray(premultiplied)).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def to_bytes(signed: torch.Tensor) -> Bytes:
    """``[n, 4, h, w]`` in -1..1 (clipped) to ``[n, h, w, 4]`` bytes."""
    values = signed.detach().float().clamp(-1, 1).add(1).mul(127.5).round().byte()
    return values.permute(0, 2, 3, 1).cpu().numpy()


def contact_sheet(pictures: Bytes, columns: int, ground: int = 200) -> Image.Image:
    """Premultiplied pictures side by side over a light checkerboard."""
    count, height, width = pictures.shape[:3]
    rows = -(-count // columns)
    squares = (np.indices((rows * height, columns * width)) // 8).sum(0) % 2
    sheet = (ground + 20 * squares)[..., None].repeat(3, -1).astype(np.float32)
    for index, picture in enumerate(pictures.astype(np.float32)):
        top, left = index // columns * height, index % columns * width
        area = sheet[top : top + height, left : left + width]
        area *= 1 - picture[..., 3:] / 255
        area += picture[..., :3]
    return Image.fromarray(sheet.clip(0, 255).astype(np.uint8))
