"""The training set of the denoiser: every variant of every picture, encoded once, with its captions.

Variants are flips, small shifts and repainted copies. Encoding them beforehand keeps the autoencoder and the text
encoder out of the denoiser's loop.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from diffusers import AutoencoderTiny
from torch import Tensor

from safelight.training import captions
from safelight.training.artwork import Artwork
from safelight.training.colours import HUES, dominant, repaint
from safelight.training.render import Bytes, premultiply, to_signed, unpremultiply
from safelight.training.scenes import Composer
from safelight.training.text import TextEncoder

log = logging.getLogger(__name__)

CHOICES = 8
"""Captions kept for every variant; shorter lists are repeated."""

SCENE_SHARE = 0.2
"""Part of the samples that show more than one thing, or one in a corner."""

SCENE_ROUNDS = 4
_PAINTED_SHARE = 0.35
_TARGETS = (*HUES, "white", "black")


@dataclass(frozen=True, slots=True)
class Variant:
    """One picture as the denoiser sees it: its pixels, what it may be called, how often it is drawn."""

    pixels: npt.NDArray[np.uint8]
    captions: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class LatentSet:
    """Everything the denoiser's loop needs. ``latents`` [n, 8, 16, 16] fp16; ``choices`` [n, 8] caption numbers;
    ``weights`` [n]; ``states`` [c, 16, 384] and ``pooled`` [c, 384] fp16, where caption 0 is the empty one."""

    latents: Tensor
    choices: Tensor
    weights: Tensor
    states: Tensor
    pooled: Tensor

    def save(self, path: Path) -> None:
        torch.save({name: getattr(self, name) for name in self.__slots__}, path)

    @classmethod
    def load(cls, path: Path) -> LatentSet:
        return cls(**torch.load(path))


def variants(artwork: Sequence[Artwork], small: Bytes, large: Bytes, seed: int) -> list[Variant]:
    """Every variant of every picture that may be trained on, and the scenes made of them."""
    rng = np.random.default_rng(seed)
    found = single(artwork, small, rng)
    scenes = list(Composer(artwork, large, rng).all(SCENE_ROUNDS))
    each = sum(variant.weight for variant in found) * SCENE_SHARE / (1 - SCENE_SHARE) / max(len(scenes), 1)
    return found + [Variant(picture, words, each) for picture, words in scenes]


def single(artwork: Sequence[Artwork], small: Bytes, rng: np.random.Generator) -> list[Variant]:
    """Every variant that shows one thing: as its artist drew it, moved, and in other colours."""
    return [
        variant
        for art, pixels in zip(artwork, small, strict=True)
        if captions.weight(art) > 0
        for variant in _of_one(art, pixels, rng)
    ]


def _of_one(art: Artwork, pixels: npt.NDArray[np.uint8], rng: np.random.Generator) -> list[Variant]:
    painted = _painted(art, pixels, rng)
    total, share = captions.weight(art), _PAINTED_SHARE if painted else 0.0
    shade = dominant(unpremultiply(pixels))
    names = tuple(captions.own_captions(art, shade.name if shade.share > 0.55 else None, rng))
    own = [pixels, pixels[:, ::-1], _moved(pixels, rng), _moved(pixels, rng)]
    kept = [Variant(copy, names, total * (1 - share) / len(own)) for copy in own]
    return kept + [Variant(copy, words, total * share / len(painted)) for copy, words in painted]


def _painted(
    art: Artwork, pixels: npt.NDArray[np.uint8], rng: np.random.Generator
) -> list[tuple[npt.NDArray[np.uint8], tuple[str, ...]]]:
    common = art.name in captions.COMMON
    if art.group == "smileys" and not common:
        return []
    straight, found = unpremultiply(pixels), []
    for colour in rng.permutation(_TARGETS)[: len(_TARGETS) if common else 3]:
        copy = repaint(straight, str(colour))
        shade = dominant(copy)
        words = captions.painted_captions(art, shade.name, rng) if shade.share > 0.45 else []
        if words:
            found.append((_moved(premultiply(copy), rng), tuple(words)))
    return found


def _moved(pixels: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Flipped for one in two, and shifted by up to two pixels."""
    flipped = pixels[:, ::-1] if rng.random() < 0.5 else pixels
    return np.roll(flipped, tuple(rng.integers(-2, 3, 2)), axis=(0, 1))


@torch.no_grad()
def encode(
    found: Sequence[Variant], codec: AutoencoderTiny, text: TextEncoder, *, device: str, batch: int = 128
) -> LatentSet:
    """Pictures through the codec and captions through the text encoder."""
    rows = []
    for start in range(0, len(found), batch):
        pixels = np.stack([variant.pixels for variant in found[start : start + batch]])
        rows.append(codec.encode(to_signed(pixels).to(device)).latents.half().cpu())
    numbers = {
        caption: place for place, caption in enumerate(dict.fromkeys(["", *(c for v in found for c in v.captions)]))
    }
    choices = [[numbers[v.captions[place % len(v.captions)]] for place in range(CHOICES)] for v in found]
    states, pooled = text.states(list(numbers))
    weights = torch.tensor([variant.weight for variant in found], dtype=torch.float64)
    latents = torch.cat(rows)
    log.info(
        "%d variants, %d captions, latents mean %.3f std %.3f",
        len(found),
        len(numbers),
        latents.float().mean(),
        latents.float().std(),
    )
    return LatentSet(latents, torch.tensor(choices), weights / weights.sum(), states, pooled)
