"""Previews by a tiny decoder (TAESD, https://github.com/madebyollin/taesd), where one is installed that fits.

Sharper than the linear map and some hundred times as much work: the share that previews may take of a step decides how
often one is drawn.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny
from safetensors import SafetensorError
from torch import Tensor
from torch.nn import functional as F

from safelight.engine.networks import BUILDING
from safelight.engine.preview import Examples, correlation
from safelight.engine.reading import read_json

LEAST_CORRELATION = 0.8
"""With the model's own pictures; the decoder of another model's latents stays far below it."""

log = logging.getLogger(__name__)


class TinyPreview:
    """
    Attributes:
        correlation: with the VAE's own pictures, from -1 to 1.
    """

    def __init__(self, folder: Path, examples: Examples, *, device: torch.device) -> None:
        self._device = device
        with BUILDING:
            network: Any = AutoencoderTiny.from_pretrained(folder, use_safetensors=True, local_files_only=True)
        self._network = network.float().eval().requires_grad_(False).to(device)
        pictures = self(examples.latents)
        wanted = F.interpolate(examples.pictures, size=pictures.shape[-2:], mode="area")
        self.correlation = correlation(pictures, wanted)

    def __call__(self, latents: Tensor) -> Tensor:
        """Pixels `[batch, 3, height, width]` in about [-1, 1] of latents as the denoiser sees them."""
        with torch.inference_mode():
            decoded: Tensor = self._network.decode(latents.to(self._device), return_dict=False)[0]
        return decoded.cpu()


def best_tiny_preview(folders: Iterable[Path], examples: Examples, *, device: torch.device) -> TinyPreview | None:
    """Of the decoders in those folders, the one whose pictures are most like the model's own; None where none is."""
    channels = examples.latents.shape[1]
    fitting = [one for folder in folders if (one := _opened(folder, channels, examples, device)) is not None]
    return max(fitting, key=lambda one: one.correlation, default=None)


def _opened(folder: Path, channels: int, examples: Examples, device: torch.device) -> TinyPreview | None:
    try:
        if read_json(folder / "config.json").get("latent_channels") != channels:
            return None
        found = TinyPreview(folder, examples, device=device)
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        log.warning("the tiny decoder in %s cannot be used: %s", folder, error)
        return None
    return found if found.correlation >= LEAST_CORRELATION else None
