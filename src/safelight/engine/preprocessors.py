"""From a picture to the drawing that a control network follows.

Edges and lines are computed. Depth and poses need a network, in transformers' layout: `preprocessors/depth` (any depth
estimator, for instance Intel/dpt-hybrid-midas) and `preprocessors/pose` (a ViTPose, for instance
usyd-community/vitpose-base-simple).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import AutoImageProcessor, AutoModelForDepthEstimation, VitPoseForPoseEstimation

from safelight.domain.adapting import Preprocessor
from safelight.domain.errors import Unsupported
from safelight.engine.networks import load_network, loading
from safelight.engine.recent import Recent
from safelight.engine.shelf import Shelf
from safelight.engine.skeleton import draw_skeleton, joints

EDGE_THRESHOLDS = (100, 200)
"""Of the gradient: an edge begins above the second, and goes on above the first. What the networks are trained with."""
BLUR = 6.0
"""Standard deviation, in pixels, of what counts as the ground that a line stands out from."""
FAINTEST = 8
EXAMPLES = {"depth": "Intel/dpt-hybrid-midas", "pose": "usyd-community/vitpose-base-simple"}


class Preprocessors:
    """Their networks are loaded when they are first asked for; the last one stays."""

    def __init__(self, shelf: Shelf, *, device: torch.device) -> None:
        self._shelf = shelf
        self._device = device
        self._networks: Recent[str, tuple[Any, Any]] = Recent(1)
        self._how: dict[Preprocessor, Callable[[Image.Image], Image.Image]] = {
            Preprocessor.CANNY: edges,
            Preprocessor.LINEART: lines,
            Preprocessor.DEPTH: self._depth,
            Preprocessor.POSE: self._pose,
        }

    def apply(self, kind: Preprocessor, picture: Image.Image) -> Image.Image:
        """An RGB drawing of the picture's size. Raises Unsupported where a network for it is not installed."""
        return self._how[kind](picture)

    def _depth(self, picture: Image.Image) -> Image.Image:
        """Near is white."""
        network, processor = self._load("depth", AutoModelForDepthEstimation)
        with torch.inference_mode():
            inputs = processor(images=picture, return_tensors="pt").to(self._device)
            depth = network(**inputs).predicted_depth[0].float().cpu()
        near = (depth - depth.min()) / (depth.max() - depth.min()).clamp_min(torch.finfo(torch.float32).tiny)
        grey = Image.fromarray((near.numpy() * 255).round().astype(np.uint8), "L")
        return grey.resize(picture.size, Image.Resampling.BICUBIC).convert("RGB")

    def _pose(self, picture: Image.Image) -> Image.Image:
        """The skeleton of the one person that the picture is taken to show."""
        network, processor = self._load("pose", VitPoseForPoseEstimation)
        found = joints(picture, network, mean=processor.image_mean, deviation=processor.image_std)
        return draw_skeleton(found, picture.size)

    def _load(self, name: str, kind: Any) -> tuple[Any, Any]:
        folder = self._shelf.preprocessor(name)
        if folder is None:
            raise Unsupported(
                f"No network for the preprocessor '{name}' is installed.",
                hint=f"Put one into preprocessors/{name} of the server's home, for instance {EXAMPLES[name]} from the "
                "Hugging Face hub; or send a finished control image and leave `preprocessor` out.",
            )
        return self._networks.get(name, lambda: self._read(folder, kind))

    def _read(self, folder: Path, kind: Any) -> tuple[Any, Any]:
        with loading(f"The network in preprocessors/{folder.name}"):
            network = load_network(kind, folder, device=self._device)
            return network, AutoImageProcessor.from_pretrained(folder, local_files_only=True)


def edges(picture: Image.Image) -> Image.Image:
    """White edges on black (Canny, 1986, https://doi.org/10.1109/TPAMI.1986.4767851)."""
    return Image.fromarray(cv2.Canny(np.asarray(picture.convert("RGB")), *EDGE_THRESHOLDS)).convert("RGB")


def lines(picture: Image.Image) -> Image.Image:
    """White lines on black: how much darker a pixel is than its surroundings, the faintest left out."""
    pixels: NDArray[np.float32] = np.asarray(picture.convert("RGB"), np.float32)
    ground = cv2.GaussianBlur(pixels, (0, 0), BLUR)
    darker = (ground - pixels).min(axis=2).clip(0, 255)
    drawn = darker[darker > FAINTEST]
    usual = max(16.0, float(np.median(drawn))) if drawn.size else 16.0
    return Image.fromarray((darker / usual * 127).clip(0, 255).astype(np.uint8), "L").convert("RGB")
