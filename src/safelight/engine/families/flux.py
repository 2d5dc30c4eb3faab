"""FLUX.1, dev and schnell: a flow transformer on pairs of cells, told the prompt by T5 and one vector by CLIP.

Black Forest Labs, 2024. Guidance is an input of the distilled model itself, so every picture takes one row.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import torch
from diffusers.loaders import FluxLoraLoaderMixin
from torch import Tensor

from safelight.domain.errors import Unsupported
from safelight.domain.recipe import Recipe
from safelight.engine.adapters import Worn
from safelight.engine.batch import stack_rows
from safelight.engine.embeddings import Embeddings
from safelight.engine.evaluation import Conditioning, Inputs, Question
from safelight.engine.families.flow import TIMESTEPS, Flowing
from safelight.engine.families.vae import Vae
from safelight.engine.features import block_features
from safelight.engine.flow_control import FluxControls
from safelight.engine.flow_ip_adapter import FluxIPAdapters
from safelight.engine.flow_samplers import EVEN_SIGMAS
from safelight.engine.lora import Loras, LoraSet
from safelight.engine.parts import Parts
from safelight.engine.redux import Redux
from safelight.engine.text import TextEncoder


class Flux(Flowing):
    """A loaded FLUX.1 model.

    Args:
        dtype: of the transformer's and the text encoders' weights. The VAE stays float32.
        embeddings: words that stand for vectors of their own; CLIP reads them, T5 does not.
    """

    def _load(self, parts: Parts, embeddings: Embeddings | None) -> None:
        folder = self._folder = parts.folder
        self.scheduler_config = {**self.scheduler_config, EVEN_SIGMAS: True}
        tokenizer, limit, chunks = folder.reading()
        self._transformer = parts.load("transformer", device=self.device, dtype=self._dtype)
        self._vae = Vae(parts, device=self.device)
        self._clip = TextEncoder(parts, device=self.device, dtype=self._dtype, embeddings=embeddings, chunks=1)
        self._t5 = TextEncoder(
            parts,
            device=self.device,
            dtype=self._dtype,
            part="text_encoder_2",
            tokenizer=tokenizer,
            limit=limit,
            chunks=chunks,
        )
        self._guided = bool(self._transformer.config.guidance_embeds)
        self._loras = Loras(
            folder.shelf,
            loader=FluxLoraLoaderMixin,
            denoiser=self._transformer,
            text_encoders={"text_encoder": self._clip.network},
        )
        self._ip_adapters: FluxIPAdapters = FluxIPAdapters(
            folder.shelf, denoiser=self._transformer, device=self.device, dtype=self._dtype
        )
        self._controls: FluxControls = FluxControls(
            folder.shelf,
            pack=_pack,
            denoiser=self._transformer,
            vae=self._vae,
            device=self.device,
            dtype=self._dtype,
        )

    def _read_all(self, recipe: Recipe, images: Mapping[str, bytes], spoken: LoraSet) -> Conditioning:
        positive, cut = self._read(recipe.prompt, spoken)
        if recipe.prompt_image is not None and recipe.prompt_image.weight:
            positive = self._redux.mix(positive, images, recipe.prompt_image.image, recipe.prompt_image.weight)
        return Conditioning(positive, {}, cut)

    def predict(self, questions: Sequence[Question]) -> Tensor:
        samples, timesteps, inputs = stack_rows(questions)
        worn = Worn.by(questions[0])
        self._loras.use(worn.loras)
        height, width = samples.shape[-2:]
        guidance = torch.tensor([question.guidance for question in questions], device=self.device)
        states = inputs["states"]
        call = {
            "hidden_states": _pack(samples).to(self._dtype),
            "timestep": timesteps.to(self.device) / TIMESTEPS,
            "pooled_projections": inputs["pooled"],
            "encoder_hidden_states": states,
            "txt_ids": torch.zeros(states.shape[1], 3, device=self.device, dtype=self._dtype),
            "img_ids": _places(height // 2, width // 2).to(self.device, self._dtype),
        }
        residuals = self._controls.residuals(worn.controls, inputs, guidance=guidance, **call)
        seen = self._ip_adapters.arguments(worn.ip_adapter, inputs)
        with block_features(self._transformer, questions, "transformer_blocks", "single_transformer_blocks"):
            prediction: Tensor = self._transformer(
                **call, **residuals, **seen, guidance=guidance if self._guided else None, return_dict=False
            )[0]
        return _unpack(prediction.float(), height=height, width=width)

    @cached_property
    def _redux(self) -> Redux:
        found = self._folder.image_encoder()
        if found is None:
            raise Unsupported(
                "No FLUX.1 Redux is installed, which this model needs to look at an image.",
                hint="Put FLUX.1-Redux-dev into image_encoders of the server's home.",
            )
        return Redux(found, device=self.device, dtype=self._dtype)

    def _read(self, prompt: str, spoken: LoraSet) -> tuple[Inputs, str]:
        pooled, (states, _, cut) = self._clip.encode(prompt, variant=spoken).pooled, self._t5.encode(prompt)
        assert pooled is not None
        return {"states": states, "pooled": pooled}, cut


def _pack(latents: Tensor) -> Tensor:
    """`[n, channels, height, width]` to `[n, height/2 * width/2, channels * 4]`: two by two cells are one token."""
    rows, channels, height, width = latents.shape
    cells = latents.view(rows, channels, height // 2, 2, width // 2, 2).permute(0, 2, 4, 1, 3, 5)
    return cells.reshape(rows, (height // 2) * (width // 2), channels * 4)


def _unpack(tokens: Tensor, *, height: int, width: int) -> Tensor:
    """The way back."""
    rows, _, channels = tokens.shape
    cells = tokens.view(rows, height // 2, width // 2, channels // 4, 2, 2).permute(0, 3, 1, 4, 2, 5)
    return cells.reshape(rows, channels // 4, height, width)


def _places(height: int, width: int) -> Tensor:
    """Row and column of every token, `[height * width, 3]`; the first of the three is unused."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([torch.zeros_like(rows), rows, columns], dim=-1).reshape(-1, 3)
