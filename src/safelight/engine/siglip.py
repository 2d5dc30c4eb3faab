"""SigLIP image encoders (Zhai et al., 2023, https://arxiv.org/abs/2303.15343): a picture as many patches."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import SiglipImageProcessor, SiglipVisionModel

from safelight.engine.inputs import look
from safelight.engine.networks import load_network, loading


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
        with loading(f"The image encoder '{folder.name}' of '{folder.parent.name}'"):
            self._network = load_network(SiglipVisionModel, folder, device=device, dtype=dtype)
            self._extract = _extractor(extractor or folder, side=self._network.config.image_size)

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
