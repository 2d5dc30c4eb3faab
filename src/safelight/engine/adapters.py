"""Everything that may be put on a UNet for those rows that ask for it: LoRAs, control networks, images as prompts.

A model of which nothing of that is asked computes what it would without this file, to the bit.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

from safelight.domain.errors import Unsupported
from safelight.domain.recipe import Recipe
from safelight.domain.starting import PromptImage
from safelight.engine.ahead import Read
from safelight.engine.control import Controls, counted
from safelight.engine.evaluation import Conditioning, Question
from safelight.engine.folder import ModelFolder
from safelight.engine.image_prompt import ImageEncoder, mix
from safelight.engine.ip_adapter import IPAdapters
from safelight.engine.lora import Loras, LoraSet
from safelight.engine.unet_control import UNetControls
from safelight.engine.unet_ip_adapter import UNetIPAdapters


class Worn(NamedTuple):
    """What all rows of a forward have to share: the structure of their conditioning."""

    loras: LoraSet = ()
    controls: tuple[str, ...] = ()
    ip_adapter: str | None = None

    @classmethod
    def by(cls, question: Question) -> "Worn":
        structure = question.conditioning.structure
        return structure if isinstance(structure, Worn) else cls()


class Adapters:
    """What one loaded UNet can wear.

    Args:
        loader: diffusers' LoRA loader mixin of the family.
        text_encoders: by the name that they have in the pipeline.
    """

    def __init__(
        self,
        folder: ModelFolder,
        *,
        loader: Any,
        unet: UNet2DConditionModel,
        text_encoders: Mapping[str, nn.Module],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._loras = Loras(folder.shelf, loader=loader, denoiser=unet, text_encoders=text_encoders)
        self._controls = UNetControls(folder.shelf, denoiser=unet, device=device, dtype=dtype)
        self._ip_adapters = UNetIPAdapters(folder.shelf, denoiser=unet, device=device, dtype=dtype)
        self._folder = folder
        self._unet = unet
        self._device = device
        self._encoder: ImageEncoder | None = None

    def prepare(self, recipe: Recipe, read: Read) -> Iterable[Future[Any]]:
        """Begin to read what a recipe wears, where it is not loaded."""
        yield from self._loras.prepare(recipe.loras, read)
        yield from self._controls.prepare(recipe, read)
        yield from self._ip_adapters.prepare(recipe.ip_adapter, read)

    def tell(self, recipe: Recipe) -> LoraSet:
        """Let the text encoders read as a recipe wants it. Returns what their states depend on.

        Raises:
            UnknownModel, Unsupported: a LoRA is not installed, or made for another model.
        """
        return self._loras.read_with(recipe.loras)[1]

    def dress(self, plain: Conditioning, recipe: Recipe, images: Mapping[str, bytes]) -> Conditioning:
        """The conditioning of a recipe's words, with all else that the recipe asks for; weight 0 asks for nothing.

        Raises:
            Refused, ModelBroken: an adapter is not installed, damaged or made for another model; an image is missing.
        """
        if recipe.prompt_image is not None and recipe.prompt_image.weight:
            states = self._mix(plain.positive["states"], recipe.prompt_image, images)
            plain = replace(plain, positive={**plain.positive, "states": states})
        loras = self._loras.take(recipe.loras)
        return dressed(plain, recipe, images, loras=loras, controls=self._controls, ip_adapters=self._ip_adapters)

    def arguments(
        self, worn: Worn, samples: Tensor, timesteps: Tensor, inputs: Mapping[str, Tensor], **conditions: Any
    ) -> dict[str, Any]:
        """How to call the UNet for a batch, beside its sample and timesteps; the UNet is made ready for it.

        Args:
            conditions: what the family tells its UNet, and control networks have to be told too.
        """
        self._loras.use(worn.loras)
        states = inputs["states"]
        residuals = self._controls.residuals(
            worn.controls, samples, timesteps, inputs, encoder_hidden_states=states, **conditions
        )
        heard = self._ip_adapters.use(worn.ip_adapter, states, inputs)
        return {"encoder_hidden_states": heard, **residuals, **conditions}

    def _mix(self, states: Tensor, wish: PromptImage, images: Mapping[str, bytes]) -> Tensor:
        if self._encoder is None:
            found = self._folder.image_encoder()
            if found is None:
                width = self._unet.config.cross_attention_dim
                raise Unsupported(
                    f"No image encoder is installed whose vectors are {width} numbers wide, as this model reads them.",
                    hint=f"Put a CLIP image encoder with a projection of {width} into image_encoders of the server's "
                    "home, or use `ip_adapter` with an IP-Adapter made for this model.",
                )
            self._encoder = ImageEncoder(found, device=self._device, extractor=found.parent / "feature_extractor")
        return mix(states, self._encoder.vector(images, wish.image), wish)


def dressed(
    plain: Conditioning,
    recipe: Recipe,
    images: Mapping[str, bytes],
    *,
    loras: LoraSet,
    controls: Controls,
    ip_adapters: IPAdapters,
) -> Conditioning:
    """The conditioning of a recipe's words, with what it asks for to be worn; weight 0 asks for nothing."""
    told = controls.inputs(recipe, images)
    seen, nothing = ip_adapters.inputs(recipe.ip_adapter, images)
    worn = Worn(
        loras=loras,
        controls=tuple(control.model for control in counted(recipe)),
        ip_adapter=recipe.ip_adapter.id if recipe.ip_adapter is not None and seen else None,
    )
    positive, negative = {**plain.positive, **told, **seen}, {**plain.negative, **told, **nothing}
    return replace(plain, positive=positive, negative=negative if plain.negative else {}, structure=worn)
