"""Control networks (ControlNet; Zhang et al., 2023, https://arxiv.org/abs/2302.05543) beside a UNet.

Each row has its own control images and weights; the networks themselves are part of the group key. Both rows of a
guided picture follow the drawing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from diffusers.image_processor import VaeImageProcessor
from safetensors import SafetensorError
from torch import Tensor
from torch.nn import functional as F

from safelight.domain.adapting import AdapterKind, Control
from safelight.domain.errors import ModelBroken, Unsupported
from safelight.engine.inputs import fingerprint, look
from safelight.engine.preprocessors import Preprocessors
from safelight.engine.recent import Recent
from safelight.engine.shelf import Shelf

KEPT_NETWORKS = 4
"""As many as a recipe may ask for at once."""
KEPT_IMAGES = 16


class Controls:
    """The control networks of one loaded UNet."""

    def __init__(self, shelf: Shelf, *, unet: UNet2DConditionModel, device: torch.device, dtype: torch.dtype) -> None:
        self._shelf = shelf
        self._unet = unet
        self._device = device
        self._dtype = dtype
        self._preprocessors = Preprocessors(shelf, device=device)
        self._resize = VaeImageProcessor(do_convert_rgb=True, do_normalize=False)
        self._networks: Recent[str, Any] = Recent(KEPT_NETWORKS)
        self._images: Recent[tuple[Any, ...], Tensor] = Recent(KEPT_IMAGES)

    def inputs(
        self, controls: Sequence[Control], images: Mapping[str, bytes], *, width: int, height: int
    ) -> dict[str, Tensor]:
        """What each row is told: the n-th control's image `[1, 3, height, width]` in 0..1, and its weight `[1]`.

        Raises:
            UnknownModel, Unsupported: a network is not installed, or made for another model.
            InvalidRecipe: an image is missing or damaged.
        """
        told: dict[str, Tensor] = {}
        for number, control in enumerate(controls):
            self._network(control.model)
            told[f"control.{number}"] = self._image(control, images, width=width, height=height)
            told[f"control.{number}.weight"] = torch.tensor([control.weight], device=self._device, dtype=self._dtype)
        return told

    def residuals(
        self, ids: Sequence[str], samples: Tensor, timesteps: Tensor, inputs: Mapping[str, Tensor], **conditions: Any
    ) -> dict[str, Any]:
        """What the UNet's forward has to be given, beside `samples` `[rows, channels, height, width]`; of several
        networks, their sum."""
        sums: list[Tensor] = []
        for number, id in enumerate(ids):
            network = self._network(id)
            down, middle = network(
                samples[:, : network.config.in_channels],
                timesteps,
                controlnet_cond=_fitted(inputs[f"control.{number}"], samples, network),
                conditioning_scale=inputs[f"control.{number}.weight"].view(-1, 1, 1, 1),
                return_dict=False,
                **conditions,
            )
            found = [*down, middle]
            sums = [one + more for one, more in zip(sums, found, strict=True)] if sums else found
        if not sums:
            return {}
        return {"down_block_additional_residuals": sums[:-1], "mid_block_additional_residual": sums[-1]}

    def _image(self, control: Control, images: Mapping[str, bytes], *, width: int, height: int) -> Tensor:
        def make() -> Tensor:
            picture = self._resize.resize(look(images, control.image), height, width)
            if control.preprocessor is not None:
                picture = self._preprocessors.apply(control.preprocessor, picture)
            pixels: Tensor = self._resize.preprocess(picture, height=height, width=width)
            return pixels.to(self._device, self._dtype)

        key = (fingerprint(images, control.image), control.preprocessor, width, height)
        return self._images.get(key, make)

    def _network(self, id: str) -> Any:
        return self._networks.get(id, lambda: self._load(id))

    def _load(self, id: str) -> Any:
        folder = self._shelf.find(AdapterKind.CONTROL, id)
        try:
            config = ControlNetModel.load_config(folder, local_files_only=True)
            self._check(id, config)
            network: Any = ControlNetModel.from_pretrained(
                folder, torch_dtype=self._dtype, use_safetensors=True, local_files_only=True
            )
        except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelBroken(
                f"The control network '{id}' cannot be loaded: {error}", hint="Download it again, with .safetensors."
            ) from error
        return network.eval().requires_grad_(False).to(self._device)

    def _check(self, id: str, config: Mapping[str, Any]) -> None:
        for name in ("cross_attention_dim", "block_out_channels", "layers_per_block"):
            theirs, ours = _plain(config.get(name)), _plain(self._unet.config[name])
            if theirs is not None and theirs != ours:
                raise Unsupported(
                    f"The control network '{id}' was made for another model: its {name} is {theirs}, not {ours}.",
                    hint="Control networks only fit onto the kind of model that they were trained beside.",
                )
        if config.get("global_pool_conditions"):
            raise Unsupported(
                f"The control network '{id}' looks at its image as a whole, which is not supported.",
                hint="Use an IP-Adapter to draw in the manner of an image.",
            )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value


def _fitted(image: Tensor, samples: Tensor, network: Any) -> Tensor:
    """A second pass over enlarged latents wants the drawing enlarged too."""
    factor = 2 ** (len(network.config.conditioning_embedding_out_channels) - 1)
    size = (samples.shape[2] * factor, samples.shape[3] * factor)
    return image if image.shape[2:] == size else F.interpolate(image, size, mode="bilinear", antialias=True)
