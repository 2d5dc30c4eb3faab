"""Larger pictures: between two passes, or of the finished one."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from safelight.domain.starting import LANCZOS, LATENT
from safelight.engine.esrgan import Esrgan
from safelight.engine.families.family import Family
from safelight.engine.passes import Pass
from safelight.engine.pictures import resize
from safelight.engine.shelf import Shelf
from safelight.engine.starting import pixels_of

Enlarge = Callable[[Image.Image, int, int], Image.Image]
"""A picture, RGB or RGBA, made `width` x `height` pixels."""


class Upscalers:
    """What pictures can be made larger with: resampling, and the networks on a shelf."""

    def __init__(self, shelf: Shelf | None = None, *, device: torch.device | None = None) -> None:
        self._shelf = shelf or Shelf()
        self._device = device or torch.device("cpu")
        self._loaded: dict[str, Esrgan] = {}

    def find(self, upscale: str) -> Enlarge | None:
        """What enlarges pictures in that way; None where latents are to be enlarged instead.

        Raises:
            InvalidRecipe: there is no such upscaler.
            ModelBroken: its file is damaged, or of a kind that is not known.
        """
        if upscale == LATENT:
            return None
        if upscale == LANCZOS:
            return resize
        if upscale not in self._loaded:
            self._loaded[upscale] = Esrgan.load(self._shelf.upscaler(upscale), device=self._device)
        return self._loaded[upscale].enlarge


def enlarged(latents: Tensor, one: Pass, family: Family, enlarge: Enlarge | None) -> Tensor:
    """Clean latents for a larger pass. Decoding and encoding on the way, if need be, keeps the engine from stepping."""
    shape = family.latent_shape(width=one.width, height=one.height)
    if enlarge is None:
        return F.interpolate(latents, size=shape[1:], mode="bilinear")
    return family.encode_pixels(pixels_of(enlarge(family.decode(latents), one.width, one.height), family, shape))
