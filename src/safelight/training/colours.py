"""Name the colour that a picture shows, and paint it another one.

Arrays are ``[..., 4]`` float32 RGBA with straight (not premultiplied) alpha in 0..1, unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

HUES: dict[str, float] = {
    "red": 0.0, "orange": 0.075, "yellow": 0.145, "green": 0.34,
    "teal": 0.49, "blue": 0.60, "purple": 0.76, "pink": 0.90,
}  # fmt: skip
"""Colour word -> the hue that is painted for it, in turns (0..1)."""

_EDGES = np.array([0.035, 0.11, 0.19, 0.45, 0.53, 0.69, 0.83, 0.955], np.float32)
"""Upper hue of red (first part), orange, yellow, green, teal, blue, purple, pink; above the last it is red again."""

NAMES = (*HUES, "brown", "black", "grey", "white")


@dataclass(frozen=True, slots=True)
class Shade:
    """The colour with the largest share of a picture's visible pixels (``share`` in 0..1)."""

    name: str
    share: float


def dominant(rgba: Floats) -> Shade:
    """The colour word that fits most of what can be seen; pixels count by their alpha."""
    pixels = rgba.reshape(-1, 4)
    weights = np.bincount(_classify(pixels[:, :3]), weights=pixels[:, 3], minlength=len(NAMES))
    best = int(weights.argmax())
    return Shade(NAMES[best], float(weights[best] / max(weights.sum(), 1e-6)))


def repaint(rgba: Floats, colour: str) -> Floats:
    """The picture in ``colour``: hues are rotated together, so that a picture's second colours stay apart."""
    hue, saturation, value = to_hsv(rgba[..., :3])
    if colour in ("white", "black"):
        saturation, value = saturation * 0.15, (0.72 + 0.28 * value) if colour == "white" else value * 0.30
        return _join(hue, saturation, value, rgba)
    target = HUES[colour]
    coloured = saturation > 0.25
    own = dominant_hue(hue, saturation, rgba[..., 3])
    grey_share = float((rgba[..., 3] * ~coloured).sum() / max(rgba[..., 3].sum(), 1e-6))
    if own is None or grey_share > 0.6:
        paintable = ~coloured & (value > 0.22)
        hue, saturation = np.where(paintable, target, hue), np.where(paintable, 0.25 + 0.55 * value, saturation)
        return _join(hue, saturation, value, rgba)
    hue = np.where(coloured, (hue + target - own) % 1.0, hue)
    dull = coloured & (value < 0.7)
    value = np.where(dull, value * 1.3, value)
    return _join(hue, np.where(dull, np.maximum(saturation, 0.6), saturation), value, rgba)


def dominant_hue(hue: Floats, saturation: Floats, alpha: Floats) -> float | None:
    """The hue (0..1) around which most coloured pixels lie, or None where hardly anything is coloured."""
    weights = np.where(saturation > 0.25, saturation * alpha, 0.0).ravel()
    if weights.sum() < 0.04 * alpha.sum():
        return None
    bins = np.bincount((hue.ravel() * 48).astype(int) % 48, weights=weights, minlength=48)
    smooth = bins + 0.7 * (np.roll(bins, 1) + np.roll(bins, -1))
    return (float(smooth.argmax()) + 0.5) / 48


def to_hsv(rgb: Floats) -> tuple[Floats, Floats, Floats]:
    """Hue (in turns), saturation and value, each ``[...]`` in 0..1."""
    high, low = rgb.max(-1), rgb.min(-1)
    spread = np.maximum(high - low, 1e-6)
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    hue = np.where(
        high == red,
        (green - blue) / spread % 6,
        np.where(high == green, (blue - red) / spread + 2, (red - green) / spread + 4),
    )
    return (hue / 6).astype(np.float32), ((high - low) / np.maximum(high, 1e-6)).astype(np.float32), high


def from_hsv(hue: Floats, saturation: Floats, value: Floats) -> Floats:
    """The inverse of :func:`to_hsv`: ``[..., 3]`` RGB in 0..1."""
    steps = (np.array([5, 3, 1], np.float32) + hue[..., None] * 6) % 6
    ramp = np.clip(np.minimum(steps, 4 - steps), 0, 1)
    rgb: Floats = (value[..., None] * (1 - saturation[..., None] * ramp)).astype(np.float32)
    return rgb


def _join(hue: Floats, saturation: Floats, value: Floats, rgba: Floats) -> Floats:
    rgb = from_hsv(hue.astype(np.float32), np.clip(saturation, 0, 1), np.clip(value, 0, 1))
    return np.concatenate([rgb, rgba[..., 3:]], -1)


def _classify(rgb: Floats) -> npt.NDArray[np.int64]:
    """Colour-name number of every pixel of ``[n, 3]``."""
    hue, saturation, value = to_hsv(rgb)
    kind = np.searchsorted(_EDGES, hue) % len(_EDGES)
    kind = np.where((kind <= 1) & (value < 0.68) & (hue > 0.02) & (saturation > 0.3), NAMES.index("brown"), kind)
    kind = np.where((saturation < 0.18) | (value < 0.2), NAMES.index("grey"), kind)
    kind = np.where((saturation < 0.18) & (value > 0.82), NAMES.index("white"), kind)
    return np.where(value < 0.25, NAMES.index("black"), kind)
