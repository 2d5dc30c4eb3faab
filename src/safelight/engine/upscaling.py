"""Larger pictures: between two passes, or of the finished one."""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from safelight.domain.errors import InvalidRecipe
from safelight.engine.esrgan import Esrgan
from safelight.engine.families.family import Family
from safelight.engine.passes import LATENT, Pass
from safelight.engine.pictures import resize
from safelight.engine.starting import pixels_of

Enlarge = Callable[[Image.Image, int, int], Image.Image]
"""A picture, RGB or RGBA, made `width` x `height` pixels."""

LANCZOS = "lanczos"


class Upscalers:
    """What pictures can be made larger with: resampling, and the networks in a folder.

    Args:
        folder: of `.safetensors` files; a file's name without its ending is its id. None has none.
    """

    def __init__(self, folder: Path | None = None, *, device: torch.device | None = None) -> None:
        self._folder = folder
        self._device = device or torch.device("cpu")
        self._loaded: dict[str, Esrgan] = {}

    @property
    def installed(self) -> Mapping[str, Path]:
        files = sorted(self._folder.glob("*.safetensors")) if self._folder is not None else ()
        return {file.stem: file for file in files}

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
            files = self.installed
            if upscale not in files:
                raise InvalidRecipe(
                    f"There is no upscaler '{upscale}'.",
                    hint=f"Use one of: {', '.join((LATENT, LANCZOS, *files))}.",
                    fields={"hires.upscale": "is not installed"},
                )
            self._loaded[upscale] = Esrgan.load(files[upscale], device=self._device)
        return self._loaded[upscale].enlarge


def enlarged(latents: Tensor, one: Pass, family: Family, enlarge: Enlarge | None) -> Tensor:
    """Clean latents for a larger pass. Decoding and encoding on the way, if need be, keeps the engine from stepping."""
    shape = family.latent_shape(width=one.width, height=one.height)
    if enlarge is None:
        return F.interpolate(latents, size=shape[1:], mode="bilinear")
    return family.encode_pixels(pixels_of(enlarge(family.decode(latents), one.width, one.height), family, shape))
