"""Between latents and pixels: what all families share of it."""

import threading
from typing import Any

import torch
from diffusers import AutoencoderTiny
from PIL import Image
from torch import Tensor

from safelight.engine.families.family import Way
from safelight.engine.parts import Parts
from safelight.engine.preview import Examples, examples_of, fit_preview, to_image
from safelight.engine.tiling import decode_in_tiles
from safelight.engine.tiny_preview import best_tiny_preview

TILE_CELLS = 32
"""Side of the tiles, in latent cells, that a picture is decoded in where there is no memory to decode it whole."""
TILE_OVERLAP = 8
FITTING_CELLS = 32
"""Side of the latents that the preview is fitted on: large enough to see shapes, small enough to load quickly."""


class Vae:
    """A model's autoencoder, and the preview fitted to it.

    It always computes in float32: half precision shows in the picture, and SDXL's overflows in float16.

    Args:
        native: side of the latents that the model was made for.
    """

    def __init__(self, parts: Parts, *, device: torch.device, native: int = FITTING_CELLS) -> None:
        self._device = device
        self._lock = threading.Lock()
        self._network: Any = parts.load("vae", device=device, dtype=torch.float32)
        self._factor = parts.folder.vae_factor()
        self._premultiplied = parts.folder.extra.premultiplied
        self._scale: float = self._network.config.scaling_factor
        self._shift: float = getattr(self._network.config, "shift_factor", None) or 0.0
        examples = self._examples(min(native, FITTING_CELLS))
        self.preview_map = fit_preview(examples)
        self._tiny = best_tiny_preview(parts.folder.shelf.tiny_decoders(), examples.unseen, device=device)

    def latent_shape(self, *, width: int, height: int) -> tuple[int, int, int]:
        """`(channels, height, width)` of the latents of a picture in pixels."""
        return (self._network.config.latent_channels, height // self._factor, width // self._factor)

    @property
    def latent_channels(self) -> int:
        return int(self._network.config.latent_channels)

    @property
    def offset(self) -> float:
        """That is taken off scaled latents, before the denoiser sees them."""
        return self._shift * self._scale

    @property
    def pixels_per_latent(self) -> int:
        """That the encoder makes one latent cell of; a tiny autoencoder's decoder may have other stages."""
        config = self._network.config
        stages = getattr(config, "encoder_block_out_channels", None) or config.block_out_channels
        return int(2 ** (len(stages) - 1))

    def encode(self, pixels: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Latents as the denoiser sees them.

        Args:
            pixels: `[n, 3 or 4, height, width]` in [-1, 1], alpha straight.
            generator: to sample from what an encoder with a distribution says, as diffusers does; else its mode.
        """
        if self._premultiplied:
            alpha = pixels[:, 3:] / 2 + 0.5
            pixels = torch.cat([(pixels[:, :3] + 1) * alpha - 1, pixels[:, 3:]], dim=1)
        return self._encode(pixels, generator)

    def decode(self, latents: Tensor) -> Tensor:
        """The way back; a little over [-1, 1] at times."""
        return self._decode_with(self._network, latents.to(self._device))

    def picture(self, latents: Tensor, way: Way = Way.WHOLE) -> Image.Image:
        """The full picture of `[1, channels, height, width]`; RGB or RGBA. In any thread."""
        with self._lock:
            decode = {Way.WHOLE: self.decode, Way.TILED: self._decode_tiled, Way.ON_HOST: self._decode_on_host}[way]
            return to_image(decode(latents), premultiplied=self._premultiplied)

    def preview(self, latents: Tensor) -> Image.Image:
        """A small, cheap picture."""
        pixels = self._tiny(latents) if self._tiny is not None else self.preview_map(latents.cpu())
        return to_image(pixels, premultiplied=self._premultiplied)

    def _decode_with(self, network: Any, latents: Tensor) -> Tensor:
        pixels: Tensor = network.decode(latents / self._scale + self._shift, return_dict=False)[0]
        return pixels

    def _decode_tiled(self, latents: Tensor) -> Tensor:
        return decode_in_tiles(self.decode, latents, side=TILE_CELLS, overlap=TILE_OVERLAP)

    def _decode_on_host(self, latents: Tensor) -> Tensor:
        """With a copy of the network: moving the network itself there and back could fail on the way back."""
        weights = {name: value.cpu() for name, value in self._network.state_dict().items()}
        copy = type(self._network).from_config(self._network.config).eval()
        copy.load_state_dict(weights)
        return self._decode_with(copy, latents.cpu())

    def _encode(self, pixels: Tensor, generator: torch.Generator | None = None) -> Tensor:
        encoded = self._network.encode(pixels.to(self._device))
        raw: Tensor
        if isinstance(self._network, AutoencoderTiny):
            raw = encoded.latents
        else:
            raw = encoded.latent_dist.mode() if generator is None else encoded.latent_dist.sample(generator)
        return (raw - self._shift) * self._scale

    def _examples(self, cells: int) -> Examples:
        with torch.inference_mode():
            return examples_of(
                encode=self._encode,
                decode=self.decode,
                side=cells * self.pixels_per_latent,
                channels=self._network.config.in_channels,
            )
