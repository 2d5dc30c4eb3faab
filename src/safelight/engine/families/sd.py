"""Stable Diffusion 1.x and 2.x, and everything of their shape: the embedded sprite model too."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from diffusers.loaders import StableDiffusionLoraLoaderMixin
from PIL import Image
from torch import Tensor

from safelight.domain.model_card import ModelCard
from safelight.domain.recipe import Recipe
from safelight.engine.adapters import Adapters, Worn
from safelight.engine.batch import stack_rows
from safelight.engine.embeddings import Embeddings
from safelight.engine.evaluation import Conditioning, Question
from safelight.engine.families.diffusion import Diffusion
from safelight.engine.families.family import Way
from safelight.engine.families.vae import Vae
from safelight.engine.folder import ModelFolder
from safelight.engine.parts import opened
from safelight.engine.preview import LinearPreview
from safelight.engine.text import TextEncoder


class StableDiffusion:
    """A loaded Stable Diffusion model.

    Args:
        dtype: of the UNet's weights. The text encoder and the VAE stay float32: they run once a picture, and
            bfloat16 shows in both.
        embeddings: words that stand for vectors of their own.
    """

    def __init__(
        self,
        folder: ModelFolder,
        *,
        provider: str,
        device: torch.device,
        dtype: torch.dtype,
        embeddings: Embeddings | None = None,
    ) -> None:
        self.card: ModelCard = folder.card(provider=provider, loaded=True)
        self.device = device
        self.scheduler_config: Mapping[str, Any] = folder.config("scheduler")
        self._dtype = dtype
        with opened(folder) as parts:
            self._unet = parts.load("unet", device=device, dtype=dtype)
            self._vae = Vae(parts, device=device, native=self._unet.config.sample_size)
            self._text = TextEncoder(parts, device=device, embeddings=embeddings)
        self._diffusion = Diffusion(self.scheduler_config)
        self._adapters = Adapters(
            folder,
            loader=StableDiffusionLoraLoaderMixin,
            unet=self._unet,
            text_encoders={"text_encoder": self._text.network},
            device=device,
            dtype=dtype,
        )

    @property
    def preview_map(self) -> LinearPreview:
        return self._vae.preview_map

    @property
    def pixels_per_latent(self) -> int:
        return self._vae.pixels_per_latent

    @property
    def inpaint_channels(self) -> int:
        return int(self._unet.config.in_channels - self._vae.latent_channels)

    def latent_shape(self, *, width: int, height: int) -> tuple[int, int, int]:
        return self._vae.latent_shape(width=width, height=height)

    def encode(self, recipe: Recipe, images: Mapping[str, bytes]) -> Conditioning:
        spoken = self._adapters.tell(recipe)
        chunks = max(map(self._text.chunks, (recipe.prompt, recipe.negative_prompt)))
        positive = self._text.encode(recipe.prompt, recipe.clip_skip, chunks, spoken)
        # As in diffusers, layers are left out for the prompt alone, so that all pictures share the empty negative one.
        negative = self._text.encode(recipe.negative_prompt, chunks=chunks, variant=spoken)
        states = [encoded.states.to(self._dtype) for encoded in (positive, negative)]
        words = Conditioning({"states": states[0]}, {"states": states[1]}, positive.cut)
        return self._adapters.dress(words, recipe, images)

    def encode_pixels(self, pixels: Tensor, generator: torch.Generator | None = None) -> Tensor:
        return self._vae.encode(pixels, generator)

    def predict(self, questions: Sequence[Question]) -> Tensor:
        samples, timesteps, inputs = stack_rows(questions)
        samples, timesteps = samples.to(self._dtype), timesteps.to(self.device)
        told = self._adapters.arguments(Worn.by(questions[0]), samples, timesteps, inputs)
        prediction: Tensor = self._unet(samples, timesteps, **told, return_dict=False)[0]
        return prediction.float()

    def estimate(self, question: Question, prediction: Tensor) -> Tensor:
        return self._diffusion.estimate(question, prediction)

    def sigma(self, timestep: float) -> float:
        return self._diffusion.sigma(timestep)

    def preview(self, latents: Tensor) -> Image.Image:
        return self._vae.preview(latents)

    def decode(self, latents: Tensor, way: Way = Way.WHOLE) -> Image.Image:
        return self._vae.picture(latents, way)
