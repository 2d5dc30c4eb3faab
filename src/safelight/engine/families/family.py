"""What the engine asks of a model family."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from enum import IntEnum
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor

from safelight.domain.model_card import ModelCard
from safelight.domain.recipe import Recipe
from safelight.engine.ahead import Read
from safelight.engine.evaluation import Conditioning, Question


class Way(IntEnum):
    """How latents are decoded: each takes less of the device's memory than the one before, and more time."""

    WHOLE = 0
    TILED = 1
    ON_HOST = 2


class Family(Protocol):
    """A loaded model. Latents and predictions are float32 whatever the weights' type."""

    @property
    def card(self) -> ModelCard: ...

    @property
    def device(self) -> torch.device: ...

    @property
    def scheduler_config(self) -> Mapping[str, Any]: ...

    @property
    def pixels_per_latent(self) -> int:
        """Pixels that the encoder makes one latent cell of, in each direction; the decoder may make more of it."""
        ...

    @property
    def inpaint_channels(self) -> int:
        """Channels that the model takes behind those of the latents: a mask and the latents of the masked picture. Most
        models take none, and what they draw is kept to the mask from outside."""
        ...

    def latent_shape(self, *, width: int, height: int) -> tuple[int, int, int]:
        """`(channels, height, width)` of the latents of a picture of `width` x `height` pixels."""
        ...

    def prepare(self, recipe: Recipe, read: Read) -> Iterable[Future[Any]]:
        """Begin to read from the disk what a recipe wears, where that is still to be done; `encode` takes it,
        and says what cannot be found or read."""
        ...

    def encode(self, recipe: Recipe, images: Mapping[str, bytes]) -> Conditioning:
        """What the recipe asks for, as the model is told it.

        Args:
            images: the files that the recipe refers to, by their id.
        """
        ...

    def encode_pixels(self, pixels: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Latents of a picture, as the denoiser sees them.

        Args:
            pixels: `[1, 3 or 4, height, width]` in [-1, 1], alpha straight; `pixels_per_latent` a latent cell.
            generator: to sample from what an encoder with a distribution says, as diffusers does; else its mode.
        """
        ...

    def filled(self, rows: int) -> int:
        """Rows that a forward of so many is best filled up to; at least as many."""
        ...

    def predict(self, questions: Sequence[Question]) -> Tensor:
        """One forward over all rows of all questions.

        Returns:
            Raw predictions `[rows, channels, height, width]`; a guided question has its negative row first.
        """
        ...

    def estimate(self, question: Question, prediction: Tensor) -> Tensor:
        """The x0 estimate `[1, channels, height, width]` that a (guided) prediction implies."""
        ...

    def sigma(self, timestep: float) -> float:
        """Noise level at a timestep, in standard deviations of the data."""
        ...

    def preview(self, latents: Tensor) -> Image.Image:
        """A small, cheap picture of an x0 estimate; RGB or RGBA."""
        ...

    def decode(self, latents: Tensor, way: Way = Way.WHOLE) -> Image.Image:
        """The full picture of final latents `[1, channels, height, width]`; RGB or RGBA. In any thread."""
        ...
