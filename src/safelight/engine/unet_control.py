"""Control networks beside a UNet: what they find is added to its skip connections."""

from collections.abc import Mapping, Sequence
from typing import Any

from diffusers import ControlNetModel
from torch import Tensor
from torch.nn import functional as F

from safelight.domain.errors import Unsupported
from safelight.engine.control import Controls, summed


class UNetControls(Controls):
    """Of SD and SDXL; they are shown pixels `[1, 3, height, width]` in 0..1."""

    kind = ControlNetModel
    alike = ("cross_attention_dim", "block_out_channels", "layers_per_block")

    def residuals(
        self, ids: Sequence[str], samples: Tensor, timesteps: Tensor, inputs: Mapping[str, Tensor], **conditions: Any
    ) -> dict[str, Any]:
        """What the UNet's forward has to be given, beside `samples` `[rows, channels, height, width]`; of several
        networks, their sum."""
        sums: list[Tensor] = []
        for network, image, weight in self._asked(ids, inputs):
            down, middle = network(
                samples[:, : network.config.in_channels],
                timesteps,
                controlnet_cond=_fitted(image, samples, network),
                conditioning_scale=weight.view(-1, 1, 1, 1),
                return_dict=False,
                **conditions,
            )
            sums = summed(sums, [*down, middle])
        if not sums:
            return {}
        return {"down_block_additional_residuals": sums[:-1], "mid_block_additional_residual": sums[-1]}

    def _check(self, id: str, config: Mapping[str, Any]) -> None:
        super()._check(id, config)
        if config.get("global_pool_conditions"):
            raise Unsupported(
                f"The control network '{id}' looks at its image as a whole, which is not supported.",
                hint="Use an IP-Adapter to draw in the manner of an image.",
            )


def _fitted(image: Tensor, samples: Tensor, network: Any) -> Tensor:
    """A second pass over enlarged latents wants the drawing enlarged too."""
    factor = 2 ** (len(network.config.conditioning_embedding_out_channels) - 1)
    size = (samples.shape[2] * factor, samples.shape[3] * factor)
    return image if image.shape[2:] == size else F.interpolate(image, size, mode="bilinear", antialias=True)
