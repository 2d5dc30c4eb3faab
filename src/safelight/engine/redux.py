"""FLUX.1 Redux: an image as prompt for a model that reads tokens, beside or instead of the words.

Black Forest Labs, 2024. A SigLIP encoder (Zhai et al., 2023, https://arxiv.org/abs/2303.15343) sees the picture in
patches, and a small network makes a token of each. A folder of it is what diffusers calls a `FluxPriorReduxPipeline`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers.pipelines.flux.modeling_flux import ReduxImageEncoder
from safetensors import SafetensorError
from torch import Tensor
from transformers import SiglipImageProcessor, SiglipVisionModel

from safelight.domain.errors import ModelBroken
from safelight.engine.evaluation import Inputs
from safelight.engine.image_prompt import KEPT
from safelight.engine.inputs import fingerprint, look
from safelight.engine.recent import Recent


class Redux:
    """
    Args:
        folder: with `image_encoder`, `image_embedder` and `feature_extractor`.
    """

    def __init__(self, folder: Path, *, device: torch.device, dtype: torch.dtype) -> None:
        self._device, self._dtype = device, dtype
        try:
            self._extract: Any = SiglipImageProcessor.from_pretrained(folder / "feature_extractor")
            self._encoder = self._load(SiglipVisionModel, folder / "image_encoder")
            self._embedder = self._load(ReduxImageEncoder, folder / "image_embedder")
        except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelBroken(
                f"The image encoder '{folder.name}' cannot be loaded: {error}",
                hint="Download it again, with .safetensors: FLUX.1-Redux-dev, as it lies on the Hugging Face hub.",
            ) from error
        self._tokens: Recent[str, Tensor] = Recent(KEPT)

    def mix(self, words: Inputs, images: Mapping[str, bytes], id: str, weight: float) -> Inputs:
        """What the model is told of words and an image: linear from the words alone to the image alone.

        Args:
            words: `states`, `[1, tokens, width]`, and `pooled`.
            weight: of the image, above 0; with 1 the words are zeros, as they are in diffusers' pipeline without them.

        Raises:
            InvalidRecipe: the image is missing or damaged.
        """
        seen = self._tokens.get(fingerprint(images, id), lambda: self._see(images, id)).to(words["states"].dtype)
        states = torch.cat([words["states"] * (1 - weight), seen * weight], dim=1)
        return {"states": states, "pooled": words["pooled"] * (1 - weight)}

    def _see(self, images: Mapping[str, bytes], id: str) -> Tensor:
        pixels = self._extract.preprocess(images=look(images, id), return_tensors="pt").pixel_values
        with torch.inference_mode():
            patches = self._encoder(pixels.to(self._device, self._dtype)).last_hidden_state
            tokens: Tensor = self._embedder(patches).image_embeds
        return tokens

    def _load(self, kind: Any, folder: Path) -> Any:
        network = kind.from_pretrained(folder, torch_dtype=self._dtype, use_safetensors=True, local_files_only=True)
        return network.eval().requires_grad_(False).to(self._device)
