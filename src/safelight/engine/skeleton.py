"""The skeleton of a person, found by ViTPose (Xu et al., 2022, https://arxiv.org/abs/2204.12484) and drawn as OpenPose
does, in whose colours control networks have learnt to read it."""

import colorsys
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

SURE = 0.3
"""Least height of a joint's peak."""
COCO_TO_OPENPOSE = (0, None, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
"""Where OpenPose's 18 joints are among COCO's 17; the neck (None) is between the shoulders."""
LIMBS = (
    *((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10)),
    *((1, 11), (11, 12), (12, 13), (1, 0), (0, 14), (14, 16), (0, 15), (15, 17)),
)
LIMB_SHADE = 0.6

Joint = tuple[float, float] | None
"""Pixels from the left and from the top; None where it is not to be seen."""


def joints(picture: Image.Image, network: Any, *, mean: list[float], deviation: list[float]) -> list[Joint]:
    """OpenPose's joints of the person that fills the picture.

    Args:
        network: a `VitPoseForPoseEstimation`.
        mean, deviation: of its pixels, by channel.
    """
    height, width = network.config.backbone_config.image_size
    fitted = ImageOps.pad(picture.convert("RGB"), (width, height), Image.Resampling.BILINEAR)
    pixels = (np.asarray(fitted) / 255 - np.array(mean)) / np.array(deviation)
    inputs: dict[str, Any] = {
        "pixel_values": torch.from_numpy(pixels).float().permute(2, 0, 1)[None].to(network.device)
    }
    if network.config.backbone_config.num_experts > 1:
        inputs["dataset_index"] = torch.tensor([0], device=network.device)  # COCO's
    with torch.inference_mode():
        heat = network(**inputs).heatmaps[0].float().cpu().numpy()
    return _openpose([_place(one, picture.size, (width, height)) for one in heat])


def draw_skeleton(found: list[Joint], size: tuple[int, int]) -> Image.Image:
    """Coloured limbs and joints on black."""
    drawing = Image.new("RGB", size)
    pen, width = ImageDraw.Draw(drawing), max(2, round(min(size) / 128))
    for number, (start, end) in enumerate(LIMBS):
        one, other = found[start], found[end]
        if one is not None and other is not None:
            pen.line((one, other), fill=_colour(number, LIMB_SHADE), width=2 * width)
    for number, joint in enumerate(found):
        if joint is not None:
            x, y = joint
            pen.ellipse((x - width, y - width, x + width, y + width), fill=_colour(number, 1.0))
    return drawing


def _place(heat: NDArray[np.float32], size: tuple[int, int], fitted: tuple[int, int]) -> Joint:
    """A peak of the map `[h, w]`, in pixels of the picture that was fitted into the middle of `fitted`."""
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    if heat[row, column] < SURE:
        return None
    scale = min(fitted[0] / size[0], fitted[1] / size[1])
    across = (column + 0.5) * fitted[0] / heat.shape[1] - (fitted[0] - size[0] * scale) / 2
    down = (row + 0.5) * fitted[1] / heat.shape[0] - (fitted[1] - size[1] * scale) / 2
    return float(across / scale), float(down / scale)


def _openpose(coco: list[Joint]) -> list[Joint]:
    left, right = coco[5], coco[6]
    neck = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2) if left is not None and right is not None else None
    return [neck if number is None else coco[number] for number in COCO_TO_OPENPOSE]


def _colour(number: int, shade: float) -> tuple[int, int, int]:
    """The n-th of 18 around the colour wheel, from red over green and blue."""
    red, green, blue = colorsys.hsv_to_rgb(number / 18, 1.0, shade)
    return round(red * 255), round(green * 255), round(blue * 255)
