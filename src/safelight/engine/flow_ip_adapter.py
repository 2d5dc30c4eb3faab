"""IP-Adapters on the transformers of SD3 and FLUX."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from safelight.engine.ip_adapter import IPAdapters, Opened, Weights
from safelight.engine.siglip import Siglip


class FluxIPAdapters(IPAdapters):
    """Of FLUX.1, in the layout of XLabs or of the IP-Adapter's authors: told a vector of CLIP's."""

    beginnings: ClassVar[Mapping[str, str]] = {
        **IPAdapters.beginnings,
        "ip_adapter_proj_model": "image_proj",
        "double_blocks": "ip_adapter",
    }

    def arguments(self, id: str | None, inputs: Weights) -> dict[str, Any]:
        """What the transformer's forward has to be given, with its attention made ready for it."""
        worn = self._wear(id, inputs)
        return {} if worn is None else {"joint_attention_kwargs": {"ip_hidden_states": [inputs["ip"]]}}

    def _look(self, opened: Opened, images: Mapping[str, bytes], id: str) -> tuple[Tensor, Tensor]:
        seen = opened.encoder.vector(images, id)
        return opened.project(seen), opened.project(torch.zeros_like(seen))

    def _read(self, id: str, image_proj: Weights, ip_adapter: Weights) -> tuple[Any, Mapping[str, Any]]:
        named = {_named(name): value for name, value in ip_adapter.items()}
        project = self._denoiser._convert_ip_adapter_image_proj_to_diffusers(image_proj)
        converted = self._denoiser._convert_ip_adapter_attn_to_diffusers(
            [{"image_proj": image_proj, "ip_adapter": named}]
        )
        attention = {name: processor for name, processor in converted.items() if hasattr(processor, "to_k_ip")}
        for processor in attention.values():
            processor.scale = [self._scale]
        return project, attention


class SD3IPAdapters(IPAdapters):
    """Of SD3 and SD3.5: SigLIP's patches, projected anew at every step, for the noise level decides what counts."""

    def arguments(self, id: str | None, inputs: Weights, timesteps: Tensor) -> dict[str, Any]:
        """What the transformer's forward has to be given, with its attention made ready for it."""
        worn = self._wear(id, inputs)
        if worn is None:
            return {}
        tokens, time = worn.project(inputs["ip"].float(), timesteps)
        return {"joint_attention_kwargs": {"ip_hidden_states": tokens.to(self._dtype), "temb": time.to(self._dtype)}}

    def _look(self, opened: Opened, images: Mapping[str, bytes], id: str) -> tuple[Tensor, Tensor]:
        seen = opened.encoder.see(images, id).hidden_states[-2]
        return seen, torch.zeros_like(seen)

    def _encoder(self, folder: Path, project: Any) -> Any:
        return Siglip(folder, device=self._device, dtype=torch.float32)

    def _read(self, id: str, image_proj: Weights, ip_adapter: Weights) -> tuple[Any, Mapping[str, Any]]:
        project = self._denoiser._convert_ip_adapter_image_proj_to_diffusers(image_proj)
        attention = self._denoiser._convert_ip_adapter_attn_to_diffusers(ip_adapter)
        for processor in attention.values():
            processor.scale = self._scale
        return project, attention


def _named(name: str) -> str:
    """XLabs' name of a tensor as diffusers calls it."""
    return (
        name.replace("ip_adapter_double_stream_k_proj", "to_k_ip")
        .replace("ip_adapter_double_stream_v_proj", "to_v_ip")
        .replace("processor.", "")
    )
