"""Stable Diffusion XL: base, refiner, and those distilled to a few steps (turbo, lightning).

Podell et al., 2023, https://arxiv.org/abs/2307.01952. Two text encoders, a pooled vector of the second, and six numbers
about the size of the picture.
"""

from collections.abc import Mapping, Sequence

import torch
from diffusers.loaders import StableDiffusionXLLoraLoaderMixin
from torch import Tensor

from safelight.domain.recipe import Recipe
from safelight.engine.adapters import Adapters, Worn
from safelight.engine.batch import stack_rows
from safelight.engine.embeddings import Embeddings
from safelight.engine.evaluation import Conditioning, Inputs, Question
from safelight.engine.families.diffusion import Diffusing
from safelight.engine.families.vae import Vae
from safelight.engine.features import unet_features
from safelight.engine.lora import LoraSet
from safelight.engine.parts import Parts
from safelight.engine.text import clip_pair

GOOD, BAD = 6.0, 2.5
"""Scores that the refiner is told the picture has, and has not: it was trained on scored pictures."""


class StableDiffusionXL(Diffusing):
    """A loaded SDXL model.

    Args:
        dtype: of the UNet's and the text encoders' weights. The VAE stays float32.
        embeddings: words that stand for vectors of their own.
    """

    def _load(self, parts: Parts, embeddings: Embeddings | None) -> None:
        folder = parts.folder
        self._zeros_for_empty = bool(folder.index.get("force_zeros_for_empty_prompt", True))
        self._scored = bool(folder.index.get("requires_aesthetics_score", False))
        self._unet = parts.load("unet", device=self.device, dtype=self._dtype)
        self._vae = Vae(parts, device=self.device, native=self._unet.config.sample_size)
        clips = clip_pair(parts, device=self.device, dtype=self._dtype, embeddings=embeddings)
        self._texts = list(clips.values())
        self._adapters = Adapters(
            folder,
            loader=StableDiffusionXLLoraLoaderMixin,
            unet=self._unet,
            text_encoders={part: clip.network for part, clip in clips.items()},
            device=self.device,
            dtype=self._dtype,
        )

    def encode(self, recipe: Recipe, images: Mapping[str, bytes]) -> Conditioning:
        spoken = self._adapters.tell(recipe)
        chunks = max(self._texts[0].chunks(prompt) for prompt in (recipe.prompt, recipe.negative_prompt))
        positive, cut = self._read(recipe.prompt, recipe.clip_skip, chunks, spoken)
        if not recipe.negative_prompt and self._zeros_for_empty:
            negative: Inputs = {name: torch.zeros_like(value) for name, value in positive.items()}
        else:
            negative, _ = self._read(recipe.negative_prompt, 0, chunks, spoken)
        words = Conditioning(
            {**positive, "time_ids": self._time_ids(recipe, GOOD)},
            {**negative, "time_ids": self._time_ids(recipe, BAD)},
            cut,
        )
        return self._adapters.dress(words, recipe, images)

    def predict(self, questions: Sequence[Question]) -> Tensor:
        samples, timesteps, inputs = stack_rows(questions)
        samples, timesteps = samples.to(self._dtype), timesteps.to(self.device)
        added = {"text_embeds": inputs["pooled"], "time_ids": inputs["time_ids"]}
        worn = Worn.by(questions[0])
        told = self._adapters.arguments(worn, samples, timesteps, inputs, added_cond_kwargs=added)
        with unet_features(self._unet, questions):
            prediction: Tensor = self._unet(samples, timesteps, **told, return_dict=False)[0]
        return prediction.float()

    def _read(self, prompt: str, clip_skip: int, chunks: int, spoken: LoraSet) -> tuple[Inputs, str]:
        encoded = [text.encode(prompt, clip_skip, chunks, spoken) for text in self._texts]
        pooled = encoded[-1].pooled
        assert pooled is not None
        states = torch.cat([one.states for one in encoded], dim=-1)
        return {"states": states, "pooled": pooled}, encoded[-1].cut

    def _time_ids(self, recipe: Recipe, score: float) -> Tensor:
        """Height and width of the original, top and left of the crop, and height and width to draw, or the score."""
        size = self.card.sizes
        height, width = recipe.height or size.height, recipe.width or size.width
        last = [score] if self._scored else [height, width]
        return torch.tensor([[height, width, 0, 0, *last]], dtype=self._dtype, device=self.device)
