"""How much of what is drawn is copied: the nearest training picture, against how near artists come to each other.

Three measures, each the root mean square over a picture: *pixels* (premultiplied RGBA at 64 px, 0..1), *latents* (the
codec's), and *shape* (lightness and alpha only, so that a copy in another colour is found too). Both hands of every
training picture are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import AutoencoderTiny
from torch import Tensor

from safelight.training.artwork import Artwork
from safelight.training.recogniser import noun_of
from safelight.training.render import Bytes, to_signed

Measure = Callable[[Bytes], Tensor]
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Nearest:
    """One measure's findings; quantiles are the 5th, 25th, 50th, 75th and 95th per cent."""

    drawn_to_training: list[float]
    artist_to_other_artist: list[float]
    nearer_than_artists: float
    """Share of drawn pictures that are nearer to a training picture than the nearest twentieth of artists' pictures of
    the same thing are to each other: about 0.05 would be no more alike than artists are."""


def nearest(drawn: Bytes, trained: Bytes, artwork: Sequence[Artwork], codec: AutoencoderTiny) -> dict[str, Nearest]:
    """``drawn`` and ``trained`` are premultiplied ``[n, 64, 64, 4]``; ``trained`` in the order of ``artwork``."""
    measures: dict[str, Measure] = {"pixels": _pixels, "latents": lambda pictures: _latents(pictures, codec)}
    return {
        name: _nearest(drawn, trained, artwork, measure) for name, measure in (measures | {"shape": _shape}).items()
    }


def _nearest(drawn: Bytes, trained: Bytes, artwork: Sequence[Artwork], measure: Measure) -> Nearest:
    new, known, mirrored = measure(drawn), measure(trained), measure(trained[:, :, ::-1])
    to_training = torch.minimum(distances(new, known).amin(1), distances(new, mirrored).amin(1))
    between = _between_artists(known, mirrored, artwork)
    near = float(between.quantile(_QUANTILES[0]))
    return Nearest(_quantiles(to_training), _quantiles(between), round(float((to_training < near).float().mean()), 3))


def _between_artists(known: Tensor, mirrored: Tensor, artwork: Sequence[Artwork]) -> Tensor:
    """From each picture to the nearest one of the same thing by somebody else."""
    rows: dict[str, list[int]] = {}
    for row, art in enumerate(artwork):
        rows.setdefault(noun_of(art.name), []).append(row)
    found = []
    for same in rows.values():
        apart = torch.minimum(distances(known[same], known[same]), distances(known[same], mirrored[same]))
        styles = np.array([artwork[row].style for row in same])
        own = torch.from_numpy(styles[:, None] == styles[None, :])
        closest = apart.masked_fill(own, torch.inf).amin(1)
        found.append(closest[closest.isfinite()])
    return torch.cat(found)


def distances(these: Tensor, those: Tensor) -> Tensor:
    """Root mean square differences ``[n, m]`` of ``[n, d]`` and ``[m, d]``."""
    apart: Tensor = torch.cdist(these, those) / these.shape[1] ** 0.5
    return apart


def _quantiles(values: Tensor) -> list[float]:
    return [round(float(values.quantile(part)), 4) for part in _QUANTILES]


def _pixels(pictures: Bytes) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures)).float().flatten(1) / 255


def _shape(pictures: Bytes) -> Tensor:
    values = torch.from_numpy(np.ascontiguousarray(pictures)).float() / 255
    grey = values[..., :3] @ torch.tensor([0.299, 0.587, 0.114])
    return torch.stack([grey, values[..., 3]], -1).flatten(1)


@torch.no_grad()
def _latents(pictures: Bytes, codec: AutoencoderTiny, batch: int = 128) -> Tensor:
    parts = [pictures[start : start + batch] for start in range(0, len(pictures), batch)]
    return torch.cat([codec.encode(to_signed(part)).latents.flatten(1).float() for part in parts])
