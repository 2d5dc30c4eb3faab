"""An image where a prompt's words stand: its vector, once for every token.

Where a CLIP image encoder's projection is as wide as the denoiser's cross-attention, both live in one space: the
picture's `[1, width]` is repeated to `[1, tokens, width]` in the place of the words' states.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection

from safelight.domain.starting import PromptImage
from safelight.engine.inputs import fingerprint, look
from safelight.engine.networks import load_network, loading
from safelight.engine.recent import Recent

KEPT = 64
"""Images whose vectors are remembered."""


class ImageEncoder:
    """A CLIP image encoder, in float32: it runs once a picture.

    Args:
        folder: of a `CLIPVisionModelWithProjection`.
        extractor: folder of its feature extractor; without one, CLIP's own at the encoder's size.
    """

    def __init__(self, folder: Path, *, device: torch.device, extractor: Path | None = None) -> None:
        self._device = device
        with loading(f"The image encoder '{folder.name}' of '{folder.parent.name}'"):
            self._model = load_network(CLIPVisionModelWithProjection, folder, device=device)
            self._extract = _extractor(extractor, side=self._model.config.image_size)
        self._vectors: Recent[str, Tensor] = Recent(KEPT)

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return int(self._model.config.projection_dim)

    def vector(self, images: Mapping[str, bytes], id: str) -> Tensor:
        """`[1, width]`: the image in the space that text and image share. Raises InvalidRecipe."""
        key = fingerprint(images, id)
        return self._vectors.get(key, lambda: self._run(self._pixels(look(images, id))).image_embeds)

    def patches(self, images: Mapping[str, bytes], id: str) -> tuple[Tensor, Tensor]:
        """`[1, patches, hidden]` of the last layer but one: of the image, and of nothing. Raises InvalidRecipe."""
        pixels = self._pixels(look(images, id))
        states = [self._run(one, hidden=True).hidden_states[-2] for one in (pixels, torch.zeros_like(pixels))]
        return states[0], states[1]

    def _pixels(self, image: Image.Image) -> Tensor:
        pixels: Tensor = self._extract(images=image, return_tensors="pt").pixel_values
        return pixels.to(self._device)

    def _run(self, pixels: Tensor, *, hidden: bool = False) -> Any:
        with torch.inference_mode():
            return self._model(pixels, output_hidden_states=hidden)


def _extractor(folder: Path | None, *, side: int) -> Any:
    if folder is not None and (folder / "preprocessor_config.json").is_file():
        return CLIPImageProcessor.from_pretrained(folder, local_files_only=True)
    return CLIPImageProcessor(size=side, crop_size=side)


def mix(states: Tensor, vector: Tensor, wish: PromptImage) -> Tensor:
    """States of a prompt and of an image, mixed linearly token by token.

    Args:
        states: `[1, tokens, width]` of the words. With weight 0 they come back as they are.
        vector: `[1, width]` of the image. With weight 1 only it is left.
    """
    if not wish.weight:
        return states
    pictured = vector.to(states)[:, None].expand_as(states)
    return pictured.clone() if wish.weight == 1 else torch.lerp(states, pictured, wish.weight)
