"""Stable Diffusion 1.x and 2.x, and everything of their shape: the embedded sprite model too."""

from collections.abc import Mapping, Sequence

from diffusers.loaders import StableDiffusionLoraLoaderMixin
from torch import Tensor

from safelight.domain.recipe import Recipe
from safelight.engine.adapters import Adapters, Worn
from safelight.engine.batch import stack_rows
from safelight.engine.embeddings import Embeddings
from safelight.engine.evaluation import Conditioning, Question
from safelight.engine.families.diffusion import Diffusing
from safelight.engine.families.vae import Vae
from safelight.engine.features import unet_features
from safelight.engine.parts import Parts
from safelight.engine.text import TextEncoder


class StableDiffusion(Diffusing):
    """A loaded Stable Diffusion model.

    Args:
        dtype: of the UNet's weights. The text encoder and the VAE stay float32: they run once a picture, and
            bfloat16 shows in both.
        embeddings: words that stand for vectors of their own.
    """

    def _load(self, parts: Parts, embeddings: Embeddings | None) -> None:
        self._unet = parts.load("unet", device=self.device, dtype=self._dtype)
        self._vae = Vae(parts, device=self.device, native=self._unet.config.sample_size)
        self._text = TextEncoder(parts, device=self.device, embeddings=embeddings)
        self._adapters = Adapters(
            parts.folder,
            loader=StableDiffusionLoraLoaderMixin,
            unet=self._unet,
            text_encoders={"text_encoder": self._text.network},
            device=self.device,
            dtype=self._dtype,
        )

    def encode(self, recipe: Recipe, images: Mapping[str, bytes]) -> Conditioning:
        spoken = self._adapters.tell(recipe)
        chunks = max(map(self._text.chunks, (recipe.prompt, recipe.negative_prompt)))
        positive = self._text.encode(recipe.prompt, recipe.clip_skip, chunks, spoken)
        # As in diffusers, layers are left out for the prompt alone, so that all pictures share the empty negative one.
        negative = self._text.encode(recipe.negative_prompt, chunks=chunks, variant=spoken)
        states = [encoded.states.to(self._dtype) for encoded in (positive, negative)]
        words = Conditioning({"states": states[0]}, {"states": states[1]}, positive.cut)
        return self._adapters.dress(words, recipe, images)

    def predict(self, questions: Sequence[Question]) -> Tensor:
        samples, timesteps, inputs = stack_rows(questions)
        samples, timesteps = samples.to(self._dtype), timesteps.to(self.device)
        told = self._adapters.arguments(Worn.by(questions[0]), samples, timesteps, inputs)
        with unet_features(self._unet, questions):
            prediction: Tensor = self._unet(samples, timesteps, **told, return_dict=False)[0]
        return prediction.float()
