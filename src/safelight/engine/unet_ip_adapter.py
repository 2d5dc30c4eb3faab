"""IP-Adapters on a UNet: its cross-attention looks at the image as it looks at the words."""

from collections.abc import Mapping
from typing import Any

import torch
from diffusers.models.embeddings import ImageProjection
from torch import Tensor

from safelight.domain.errors import Unsupported
from safelight.engine.ip_adapter import IPAdapters, Opened, Weights


class UNetIPAdapters(IPAdapters):
    """Of SD and SDXL: the plain ones, which are told a vector, and the "plus" ones, which are told patches."""

    def use(self, id: str | None, states: Tensor, inputs: Weights) -> Any:
        """What the UNet has to be given as hidden states, with its attention made ready for it.

        Args:
            id: of the adapter that all rows want; None for none.
            states: `[rows, tokens, width]` of the prompts.
        """
        return states if self._wear(id, inputs) is None else (states, [inputs["ip"]])

    def _look(self, opened: Opened, images: Mapping[str, bytes], id: str) -> tuple[Tensor, Tensor]:
        if isinstance(opened.project, ImageProjection):
            seen = opened.encoder.vector(images, id)
            nothing = torch.zeros_like(seen)
        else:
            seen, nothing = opened.encoder.patches(images, id)
        refused, wanted = opened.project(torch.cat([nothing, seen])).chunk(2)
        return wanted, refused

    def _read(self, id: str, image_proj: Weights, ip_adapter: Weights) -> tuple[Any, Mapping[str, Any]]:
        self._check(id, ip_adapter)
        project = self._denoiser._convert_ip_adapter_image_proj_to_diffusers(image_proj)
        converted = self._denoiser._convert_ip_adapter_attn_to_diffusers(
            [{"image_proj": image_proj, "ip_adapter": ip_adapter}]
        )
        attention = {name: processor for name, processor in converted.items() if hasattr(processor, "to_k_ip")}
        for processor in attention.values():
            processor.scale = [self._scale]
        return project, attention

    def _check(self, id: str, weights: Weights) -> None:
        width = self._denoiser.config.cross_attention_dim
        if any("lora" in name for name in weights):
            raise ValueError("it changes weights of the model too")
        for name, value in weights.items():
            if name.endswith("to_k_ip.weight") and value.shape[1] != width:
                raise Unsupported(
                    f"The IP-Adapter '{id}' was made for another model: its attention takes {value.shape[1]} numbers, "
                    f"this model's {width}.",
                    hint="Choose one that was made for this kind of model.",
                )
