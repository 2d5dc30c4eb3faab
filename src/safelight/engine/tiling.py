"""Decoding a picture tile by tile, so that the memory it takes does not grow with the picture."""

from collections.abc import Callable

import torch
from torch import Tensor


def decode_in_tiles(decode: Callable[[Tensor], Tensor], latents: Tensor, *, side: int, overlap: int) -> Tensor:
    """Tiles of latents decoded one after the other; where two overlap, one fades into the other.

    Args:
        decode: latents `[1, channels, h, w]` to pixels `[1, channels, h * factor, w * factor]`.
        latents: `[1, channels, height, width]`.
        side, overlap: of the tiles, in latent cells; 0 < `overlap` < `side`.
    """
    height, width = latents.shape[-2:]
    pixels = weights = torch.empty(0)
    for top in _starts(height, side, overlap):
        for left in _starts(width, side, overlap):
            tile = decode(latents[..., top : top + side, left : left + side])
            factor = tile.shape[-1] // min(side, width)
            if not pixels.numel():
                pixels = tile.new_zeros(*tile.shape[:2], height * factor, width * factor)
                weights = torch.zeros_like(pixels[:1, :1])
            rows = slice(top * factor, top * factor + tile.shape[-2])
            columns = slice(left * factor, left * factor + tile.shape[-1])
            fade = _fade(tile.shape[-2], overlap * factor)[:, None] * _fade(tile.shape[-1], overlap * factor)
            pixels[..., rows, columns] += tile * fade.to(tile)
            weights[..., rows, columns] += fade.to(tile)
    return pixels / weights


def _starts(length: int, side: int, overlap: int) -> list[int]:
    """Where tiles begin; the last one ends where the picture does."""
    last = max(0, length - side)
    return sorted({*range(0, last, side - overlap), last})


def _fade(length: int, overlap: int) -> Tensor:
    """Weights that rise over the first `overlap` pixels, and fall over the last."""
    place = torch.arange(length)
    return ((torch.minimum(place, length - 1 - place) + 1) / overlap).clamp(max=1.0)
