"""Masks, `[1, 1, height, width]` in [0, 1]: the nine patterns, and soft edges."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from safelight.domain.steering import Pattern

CIRCLE, SQUARE, EDGE, CHECK = 0.4, 0.25, 0.125, 0.25
"""Radius, half a side, width and side, as parts of the picture's shorter side."""
BLOBS = 5


def pattern_mask(pattern: Pattern, *, height: int, width: int, seed: int = 0) -> Tensor:
    """Ones where the pattern is and zeros where it is not, before any feathering.

    Args:
        height, width: of the mask in cells; the pattern keeps its shape whatever they are.
        seed: decides where blobs are; the others do not depend on it.
    """
    short = min(height, width)
    y = (torch.arange(height)[:, None] + 0.5 - height / 2) / short
    x = (torch.arange(width)[None, :] + 0.5 - width / 2) / short
    inside = _PATTERNS[pattern](_Grid(y, x, height / short / 2, width / short / 2, seed))
    return inside.expand(height, width).float()[None, None]


def soften(mask: Tensor, width: int) -> Tensor:
    """What is white stays white; around it the mask falls to nothing, linearly, over about `width` cells."""
    reach = width // 2
    if not reach:
        return mask
    for kernel, padding in (((2 * reach + 1, 1), (reach, 0)), ((1, 2 * reach + 1), (0, reach))):
        mask = F.max_pool2d(mask, kernel, stride=1, padding=padding)
    for kernel, padding in (((2 * reach + 1, 1), (reach, 0)), ((1, 2 * reach + 1), (0, reach))):
        mask = F.avg_pool2d(mask, kernel, stride=1, padding=padding, count_include_pad=False)
    return mask


def _checkerboard(grid: "_Grid") -> Tensor:
    return (((grid.y + grid.down) / CHECK).floor() + ((grid.x + grid.right) / CHECK).floor()) % 2 == 0


def _edges(grid: "_Grid") -> Tensor:
    return (grid.down - grid.y.abs() <= EDGE) | (grid.right - grid.x.abs() <= EDGE)


def _blobs(grid: "_Grid") -> Tensor:
    dice = torch.rand((BLOBS, 3), generator=torch.Generator().manual_seed(grid.seed))
    inside = torch.zeros((), dtype=torch.bool)
    for down, right, size in dice.tolist():
        y, x = (2 * down - 1) * grid.down, (2 * right - 1) * grid.right
        inside = inside | ((grid.y - y) ** 2 + (grid.x - x) ** 2 <= (0.08 + 0.12 * size) ** 2)
    return inside


class _Grid(NamedTuple):
    """Centres of the cells from the middle of the picture, down and to the right, in its shorter side.

    Attributes:
        y: `[height, 1]`, from `-down` to `down`.
        x: `[1, width]`, from `-right` to `right`.
    """

    y: Tensor
    x: Tensor
    down: float
    right: float
    seed: int


_PATTERNS: Mapping[Pattern, Callable[[_Grid], Tensor]] = {
    Pattern.CIRCLE: lambda grid: grid.y**2 + grid.x**2 <= CIRCLE**2,
    Pattern.SQUARE: lambda grid: (grid.y.abs() <= SQUARE) & (grid.x.abs() <= SQUARE),
    Pattern.EDGES: _edges,
    Pattern.TOP: lambda grid: grid.y < 0,
    Pattern.BOTTOM: lambda grid: grid.y > 0,
    Pattern.LEFT: lambda grid: grid.x < 0,
    Pattern.RIGHT: lambda grid: grid.x > 0,
    Pattern.CHECKERBOARD: _checkerboard,
    Pattern.BLOBS: _blobs,
}
