"""Control networks beside the transformers of SD3 and FLUX: what they find is added between the blocks.

They are shown the drawing's latents, but for some of FLUX's, which look at its pixels.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from diffusers import FluxControlNetModel, SD3ControlNetModel
from torch import Tensor

from safelight.domain.errors import Unsupported
from safelight.engine.control import Controls, summed
from safelight.engine.families.vae import Vae
from safelight.engine.shelf import Shelf

ALIKE = ("in_channels", "num_attention_heads", "attention_head_dim", "joint_attention_dim", "pooled_projection_dim")


class FlowControls(Controls):
    """What both have in common.

    Args:
        vae: makes latents of the drawings.
    """

    alike = ALIKE

    def __init__(self, shelf: Shelf, *, denoiser: Any, vae: Vae, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__(shelf, denoiser=denoiser, device=device, dtype=dtype)
        self._vae = vae

    def _latents(self, pixels: Tensor) -> Tensor:
        return self._vae.encode(pixels * 2 - 1)


class SD3Controls(FlowControls):
    """Of SD3 and SD3.5."""

    kind = SD3ControlNetModel

    def residuals(self, ids: Sequence[str], inputs: Mapping[str, Tensor], **call: Any) -> dict[str, Any]:
        """What the transformer's forward has to be given beside `call`; of several networks, their sum."""
        sums: list[Tensor] = []
        for network, image, weight in self._asked(ids, inputs):
            told = dict(call)
            if network.config.force_zeros_for_pooled_projection:
                told["pooled_projections"] = torch.zeros_like(call["pooled_projections"])
            if network.config.joint_attention_dim is None:
                told["encoder_hidden_states"] = None
            if network.pos_embed is None:
                told["hidden_states"] = self._denoiser.pos_embed(call["hidden_states"])
            (found,) = network(
                controlnet_cond=image, conditioning_scale=weight.view(-1, 1, 1), return_dict=False, **told
            )
            sums = summed(sums, found)
        return {"block_controlnet_hidden_states": sums} if sums else {}

    def _told(self, network: Any, pixels: Tensor) -> Tensor:
        latents = self._latents(pixels)
        # Those of InstantX were trained on latents that are scaled but not shifted.
        return latents + self._vae.offset if network.config.force_zeros_for_pooled_projection else latents


class FluxControls(FlowControls):
    """Of FLUX.1.

    Args:
        pack: makes tokens of latents.
    """

    kind = FluxControlNetModel

    def __init__(self, shelf: Shelf, *, pack: Callable[[Tensor], Tensor], **parts: Any) -> None:
        super().__init__(shelf, **parts)
        self._pack = pack

    def residuals(
        self, ids: Sequence[str], inputs: Mapping[str, Tensor], *, guidance: Tensor, **call: Any
    ) -> dict[str, Any]:
        """What the transformer's forward has to be given beside `call`; of several networks, their sum."""
        blocks: list[Tensor] = []
        singles: list[Tensor] = []
        repeated = False
        for network, image, weight in self._asked(ids, inputs):
            double, single = network(
                controlnet_cond=self._pack(image) if network.input_hint_block is None else image,
                conditioning_scale=weight.view(-1, 1, 1),
                guidance=guidance if network.config.guidance_embeds else None,
                return_dict=False,
                **call,
            )
            blocks, singles = summed(blocks, double or ()), summed(singles, single or ())
            repeated = repeated or network.input_hint_block is not None
        if not blocks and not singles:
            return {}
        return {
            "controlnet_block_samples": blocks or None,
            "controlnet_single_block_samples": singles or None,
            "controlnet_blocks_repeat": repeated,
        }

    def _told(self, network: Any, pixels: Tensor) -> Tensor:
        return self._latents(pixels) if network.input_hint_block is None else pixels * 2 - 1

    def _check(self, id: str, config: Mapping[str, Any]) -> None:
        super()._check(id, config)
        if config.get("num_mode") is not None:
            raise Unsupported(
                f"The control network '{id}' is several in one, and a recipe cannot say yet which of them it means.",
                hint="Use a network for one kind of drawing: canny, depth or pose.",
            )
