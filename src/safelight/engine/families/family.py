"""What the engine asks of a model family."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor

from safelight.domain.model_card import ModelCard
from safelight.engine.evaluation import Conditioning, Evaluation


class Family(Protocol):
    """A loaded model. Latents and predictions are float32 whatever the weights' type."""

    @property
    def card(self) -> ModelCard: ...

    @property
    def device(self) -> torch.device: ...

    @property
    def scheduler_config(self) -> Mapping[str, Any]: ...

    def latent_shape(self, *, width: int, height: int) -> tuple[int, int, int]:
        """`(channels, height, width)` of the latents of a picture of `width` x `height` pixels."""
        ...

    def encode(self, *, prompt: str, negative_prompt: str) -> Conditioning:
        """Text to conditioning."""
        ...

    def predict(self, questions: Sequence[Evaluation]) -> Tensor:
        """One forward over all rows of all questions.

        Returns:
            Raw predictions `[rows, channels, height, width]`; a guided question has its negative row first.
        """
        ...

    def estimate(self, question: Evaluation, prediction: Tensor) -> Tensor:
        """The x0 estimate `[1, channels, height, width]` that a (guided) prediction implies."""
        ...

    def sigma(self, timestep: float) -> float:
        """Noise level at a timestep, in standard deviations of the data."""
        ...

    def preview(self, latents: Tensor) -> Image.Image:
        """A small, cheap picture of an x0 estimate; RGB or RGBA."""
        ...

    def decode(self, latents: Tensor) -> Image.Image:
        """The full picture of final latents `[1, channels, height, width]`; RGB or RGBA."""
        ...
