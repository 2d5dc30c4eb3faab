"""FLUX.1 Redux: an image as prompt for a model that reads tokens, beside or instead of the words.

Black Forest Labs, 2024. A SigLIP encoder sees the picture in patches, and a small network makes a token of each. A
folder of both is what diffusers calls a `FluxPriorReduxPipeline`.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers.pipelines.flux.modeling_flux import ReduxImageEncoder
from torch import Tensor

from safelight.engine.evaluation import Inputs
from safelight.engine.image_prompt import KEPT
from safelight.engine.inputs import fingerprint
from safelight.engine.networks import load_network, loading
from safelight.engine.recent import Recent
from safelight.engine.siglip import Siglip


class Redux:
    """
    Args:
        folder: with `image_encoder`, `image_embedder` and `feature_extractor`.
    """

    def __init__(self, folder: Path, *, device: torch.device, dtype: torch.dtype) -> None:
        self._encoder = Siglip(
            folder / "image_encoder", device=device, dtype=dtype, extractor=folder / "feature_extractor"
        )
        with loading(f"The image embedder of '{folder.name}'"):
            self._embedder = load_network(ReduxImageEncoder, folder / "image_embedder", device=device, dtype=dtype)
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
        with torch.inference_mode():
            tokens: Tensor = self._embedder(self._encoder.see(images, id).last_hidden_state).image_embeds
        return tokens
