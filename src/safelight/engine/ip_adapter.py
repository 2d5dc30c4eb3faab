"""IP-Adapters (Ye et al., 2023, https://arxiv.org/abs/2308.06721): an image as prompt through attention of its own.

The adapter is part of the group key, its weight is each row's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.embeddings import ImageProjection
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from safelight.domain.adapting import AdapterKind, IPAdapter
from safelight.domain.errors import Unsupported
from safelight.engine.image_prompt import ImageEncoder
from safelight.engine.recent import Recent
from safelight.engine.shelf import Shelf

KEPT = 2


class RowScale:
    """Stands where diffusers' attention has one number for the whole batch: each row its own."""

    weights: Tensor

    def __mul__(self, states: Tensor) -> Tensor:
        return self.weights.view(-1, 1, 1).to(states) * states


@dataclass(frozen=True)
class _Loaded:
    """
    Attributes:
        project: from what the encoder sees to tokens.
        attention: processors of the UNet's cross-attention, by name.
    """

    encoder: ImageEncoder
    project: Any
    attention: Mapping[str, Any]


class IPAdapters:
    """The IP-Adapters of one loaded UNet."""

    def __init__(self, shelf: Shelf, *, unet: UNet2DConditionModel, device: torch.device, dtype: torch.dtype) -> None:
        self._shelf = shelf
        self._unet: Any = unet
        self._device = device
        self._dtype = dtype
        self._plain: dict[str, Any] = {}
        self._scale = RowScale()
        self._used: str | None = None
        self._loaded: Recent[str, _Loaded] = Recent(KEPT, self._forget)

    def inputs(self, wish: IPAdapter, images: Mapping[str, bytes]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """What the positive and the negative row are told: tokens `[1, tokens, width]` and their weight `[1]`.

        Raises:
            UnknownModel, Unsupported: it is not installed, made for another model, or without its image encoder.
            InvalidRecipe: the image is missing or damaged.
        """
        loaded = self._loaded.get(wish.id, lambda: self._load(wish.id))
        if isinstance(loaded.project, ImageProjection):
            seen = loaded.encoder.vector(images, wish.image)
            nothing = torch.zeros_like(seen)
        else:
            seen, nothing = loaded.encoder.patches(images, wish.image)
        weight = torch.tensor([wish.weight], device=self._device)
        with torch.inference_mode():
            positive, negative = (loaded.project(one).to(self._dtype) for one in (seen, nothing))
        return {"ip": positive, "ip.weight": weight}, {"ip": negative, "ip.weight": weight}

    def use(self, id: str | None, states: Tensor, inputs: Mapping[str, Tensor]) -> Any:
        """What the UNet has to be given as hidden states, with its attention made ready for it.

        Args:
            id: of the adapter that all rows want; None for none.
            states: `[rows, tokens, width]` of the prompts.
        """
        if id is None:
            if self._used is not None:
                self._unet.set_attn_processor(dict(self._plain))
                self._used = None
            return states
        loaded = self._loaded.get(id, lambda: self._load(id))
        if self._used is None:
            self._plain = dict(self._unet.attn_processors)
        if self._used != id:
            self._unet.set_attn_processor({**self._plain, **loaded.attention})
            self._used = id
        self._scale.weights = inputs["ip.weight"]
        return states, [inputs["ip"]]

    def _forget(self, loaded: _Loaded) -> None:
        self._used = "" if self._used is not None else None  # set again at the next use

    def _load(self, id: str) -> _Loaded:
        path = self._shelf.find(AdapterKind.IP_ADAPTER, id)
        folder = path.parent / "image_encoder"
        if not (folder / "config.json").is_file():
            raise Unsupported(
                f"The image encoder of the IP-Adapter '{id}' is not installed.",
                hint=f"Put it into the folder image_encoder beside {path.name}; both come from the same repository.",
            )
        try:
            # Ordinary tensors: parameters cannot be made of those of inference mode.
            with torch.inference_mode(False), torch.no_grad():
                project, attention = self._read(id, path)
            encoder = ImageEncoder(folder, device=self._device)
            width = project.image_embeds.in_features if isinstance(project, ImageProjection) else None
            if width is not None and width != encoder.width:
                raise ValueError(f"it reads vectors of {width} numbers, its image encoder gives {encoder.width}")
        except (SafetensorError, OSError, ValueError, LookupError, RuntimeError) as error:
            raise Unsupported(
                f"The IP-Adapter '{id}' cannot be used: {error}",
                hint="It has to be made for this kind of model; those that look at faces with insightface are unknown.",
            ) from error
        return _Loaded(encoder, project, attention)

    def _read(self, id: str, path: Path) -> tuple[Any, dict[str, Any]]:
        parts: dict[str, dict[str, Tensor]] = {"image_proj": {}, "ip_adapter": {}}
        for name, value in load_file(path).items():
            part, _, rest = name.partition(".")
            parts[part][rest] = value
        self._check(id, parts["ip_adapter"])
        project = self._unet._convert_ip_adapter_image_proj_to_diffusers(parts["image_proj"])
        converted = self._unet._convert_ip_adapter_attn_to_diffusers([parts])
        attention = {name: processor for name, processor in converted.items() if hasattr(processor, "to_k_ip")}
        for processor in attention.values():
            processor.requires_grad_(False).to(self._device, self._dtype)
            processor.scale = [self._scale]
        return project.eval().requires_grad_(False).to(self._device, torch.float32), attention

    def _check(self, id: str, weights: Mapping[str, Tensor]) -> None:
        width = self._unet.config.cross_attention_dim
        if any("lora" in name for name in weights):
            raise ValueError("it changes weights of the model too")
        for name, value in weights.items():
            if name.endswith("to_k_ip.weight") and value.shape[1] != width:
                raise Unsupported(
                    f"The IP-Adapter '{id}' was made for another model: its attention takes {value.shape[1]} numbers, "
                    f"this model's {width}.",
                    hint="Choose one that was made for this kind of model.",
                )
