"""What all families do alike, once their parts are in memory."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from safelight.domain.model_card import ModelCard
from safelight.engine.embeddings import Embeddings
from safelight.engine.families.family import Way
from safelight.engine.families.vae import Vae
from safelight.engine.folder import ModelFolder
from safelight.engine.parts import Parts, opened
from safelight.engine.preview import LinearPreview
from safelight.engine.tuning import UNTUNED, Tuning


class Loaded(ABC):
    """A model in memory, but for what it is told and what it predicts. Whoever inherits says how it is loaded.

    Args:
        dtype: of the denoiser's weights, and of those of the text encoders where the family does not say otherwise. The
            VAE stays float32.
        embeddings: words that stand for vectors of their own.
        tuning: how its denoiser is run.
    """

    _vae: Vae

    def __init__(
        self,
        folder: ModelFolder,
        *,
        provider: str,
        device: torch.device,
        dtype: torch.dtype,
        embeddings: Embeddings | None = None,
        tuning: Tuning = UNTUNED,
    ) -> None:
        self.card: ModelCard = folder.card(provider=provider, loaded=True)
        self.device = device
        self.scheduler_config: Mapping[str, Any] = folder.config("scheduler")
        self._dtype = dtype
        self._tuning = tuning
        with opened(folder, tuning) as parts:
            self._load(parts, embeddings)

    @abstractmethod
    def _load(self, parts: Parts, embeddings: Embeddings | None) -> None:
        """Load the family's networks, `_vae` among them."""

    @property
    def preview_map(self) -> LinearPreview:
        return self._vae.preview_map

    @property
    def pixels_per_latent(self) -> int:
        return self._vae.pixels_per_latent

    def filled(self, rows: int) -> int:
        return self._tuning.filled(rows)

    def latent_shape(self, *, width: int, height: int) -> tuple[int, int, int]:
        return self._vae.latent_shape(width=width, height=height)

    def encode_pixels(self, pixels: Tensor, generator: torch.Generator | None = None) -> Tensor:
        return self._vae.encode(pixels, generator)

    def preview(self, latents: Tensor) -> Image.Image:
        return self._vae.preview(latents)

    def decode(self, latents: Tensor, way: Way = Way.WHOLE) -> Image.Image:
        return self._vae.picture(latents, way)
