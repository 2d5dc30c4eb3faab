"""SigLIP image encoders (Zhai et al., 2023, https://arxiv.org/abs/2303.15343): a picture as many patches."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import SiglipImageProcessor, SiglipVisionModel

from safelight.domain.errors import ModelBroken
from safelight.engine.inputs import look


class Siglip:
    """
    Args:
        folder: of a `SiglipVisionModel`.
        extractor: folder of its feature extractor; without one, SigLIP's own at the encoder's size.
    """

    def __init__(
        self, folder: Path, *, device: torch.device, dtype: torch.dtype, extractor: Path | None = None
    ) -> None:
        self._device, self._dtype = device, dtype
        try:
            network: Any = SiglipVisionModel.from_pretrained(
                folder, torch_dtype=dtype, use_safetensors=True, local_files_only=True
            )
            self._extract = _extractor(extractor or folder, side=network.config.image_size)
        except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelBroken(
                f"The image encoder '{folder.name}' of '{folder.parent.name}' cannot be loaded: {error}",
                hint="Download it again, with .safetensors.",
            ) from error
        self._network = network.eval().requires_grad_(False).to(device)

    def see(self, images: Mapping[str, bytes], id: str) -> Any:
        """What the encoder finds: `last_hidden_state` `[1, patches, width]`, and `hidden_states` of all layers.

        Raises:
            InvalidRecipe: the image is missing or damaged.
        """
        pixels = self._extract.preprocess(images=look(images, id), return_tensors="pt").pixel_values
        with torch.inference_mode():
            return self._network(pixels.to(self._device, self._dtype), output_hidden_states=True)


def _extractor(folder: Path, *, side: int) -> Any:
    if (folder / "preprocessor_config.json").is_file():
        return SiglipImageProcessor.from_pretrained(folder, local_files_only=True)
    return SiglipImageProcessor(size={"height": side, "width": side})
