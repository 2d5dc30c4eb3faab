"""Stable Diffusion 3 and 3.5: a flow transformer that reads three text encoders.

Esser et al., 2024, https://arxiv.org/abs/2403.03206. The third encoder, T5, is the largest part of the model; without
it the model still draws, and follows long prompts less well.
"""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from diffusers.loaders import SD3LoraLoaderMixin
from torch import Tensor

from safelight.domain.recipe import Recipe
from safelight.engine.adapters import Worn
from safelight.engine.batch import stack_rows
from safelight.engine.embeddings import Embeddings
from safelight.engine.evaluation import Conditioning, Inputs, Question
from safelight.engine.families.flow import Flowing
from safelight.engine.families.vae import Vae
from safelight.engine.features import block_features
from safelight.engine.flow_control import SD3Controls
from safelight.engine.flow_ip_adapter import SD3IPAdapters
from safelight.engine.lora import Loras, LoraSet
from safelight.engine.parts import Parts
from safelight.engine.text import TextEncoder, clip_pair


class StableDiffusion3(Flowing):
    """A loaded SD3 model.

    Args:
        dtype: of the transformer's and the text encoders' weights. The VAE stays float32.
        embeddings: words that stand for vectors of their own; CLIP reads them, T5 does not.
    """

    def _load(self, parts: Parts, embeddings: Embeddings | None) -> None:
        folder = parts.folder
        self._transformer = parts.load("transformer", device=self.device, dtype=self._dtype)
        self._vae = Vae(parts, device=self.device)
        clips = clip_pair(parts, device=self.device, dtype=self._dtype, embeddings=embeddings, chunks=1)
        self._clips = list(clips.values())
        self._t5: TextEncoder | None = None
        if "text_encoder_3" in parts:
            self._t5 = TextEncoder(
                parts,
                device=self.device,
                dtype=self._dtype,
                part="text_encoder_3",
                tokenizer="tokenizer_3",
                limit=folder.facts.t5_tokens,
                chunks=1,
            )
        self._t5_tokens = folder.facts.t5_tokens
        self._loras = Loras(
            folder.shelf,
            loader=SD3LoraLoaderMixin,
            denoiser=self._transformer,
            text_encoders={part: clip.network for part, clip in clips.items()},
        )
        self._ip_adapters: SD3IPAdapters = SD3IPAdapters(
            folder.shelf, denoiser=self._transformer, device=self.device, dtype=self._dtype
        )
        self._controls: SD3Controls = SD3Controls(
            folder.shelf, denoiser=self._transformer, vae=self._vae, device=self.device, dtype=self._dtype
        )

    def _read_all(self, recipe: Recipe, images: Mapping[str, bytes], spoken: LoraSet) -> Conditioning:
        positive, cut = self._read(recipe.prompt, recipe.clip_skip, spoken)
        # As in diffusers, layers are left out for the prompt alone.
        negative, _ = self._read(recipe.negative_prompt, 0, spoken)
        return Conditioning(positive, negative, cut)

    def predict(self, questions: Sequence[Question]) -> Tensor:
        samples, timesteps, inputs = stack_rows(questions)
        worn = Worn.by(questions[0])
        self._loras.use(worn.loras)
        call = {
            "hidden_states": samples.to(self._dtype),
            "timestep": timesteps.to(self.device),
            "encoder_hidden_states": inputs["states"],
            "pooled_projections": inputs["pooled"],
        }
        residuals = self._controls.residuals(worn.controls, inputs, **call)
        seen = self._ip_adapters.arguments(worn.ip_adapter, inputs, call["timestep"])
        with block_features(self._transformer, questions, "transformer_blocks"):
            prediction: Tensor = self._transformer(**call, **residuals, **seen, return_dict=False)[0]
        return prediction.float()

    def _read(self, prompt: str, clip_skip: int, spoken: LoraSet) -> tuple[Inputs, str]:
        clips = [clip.encode(prompt, clip_skip, variant=spoken) for clip in self._clips]
        pooled = torch.cat([clip.pooled for clip in clips if clip.pooled is not None], dim=-1)
        both = torch.cat([clip.states for clip in clips], dim=-1)
        width = self._transformer.config.joint_attention_dim
        if self._t5 is None:
            long, cut = torch.zeros(1, self._t5_tokens, width, dtype=self._dtype, device=self.device), clips[0].cut
        else:
            long, _, cut = self._t5.encode(prompt)
        states = torch.cat([F.pad(both, (0, width - both.shape[-1])), long.to(both.dtype)], dim=1)
        return {"states": states, "pooled": pooled}, cut
