"""Image files that a recipe points at, as pictures and as what an encoder takes.

Every picture is RGBA with eight bits a channel and straight alpha, upright, the first frame of an animation. Where it
has another shape than is wanted, it is cropped about its middle, then resized: nothing is stretched.
"""

import struct
from collections.abc import Mapping
from io import BytesIO

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from safelight.domain.errors import InvalidRecipe

FORMATS = ("PNG", "JPEG", "WEBP")
PIXEL_LIMIT = 50_000_000
"""A small file may claim to hold any number of pixels; read from its header, before there is memory for them."""

UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError, struct.error)
"""What Pillow raises on damaged files."""


def open_picture(images: Mapping[str, bytes], image: str, *, field: str) -> Image.Image:
    """The picture of an image id, RGBA.

    Args:
        images: encoded files, by id.
        field: of the recipe, for the error.

    Raises:
        InvalidRecipe: there is no such image, or it cannot be read.
    """
    if image not in images:
        raise _invalid(field, "is not kept here, or no longer", hint="Send the image again.")
    try:
        with Image.open(BytesIO(images[image]), formats=FORMATS) as file:
            if file.width * file.height > PIXEL_LIMIT:
                raise Image.DecompressionBombError
            return ImageOps.exif_transpose(_eight_bits(file)).convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = f"{PIXEL_LIMIT // 1_000_000} million pixels"
        raise _invalid(field, f"has more than {limit}", hint="Make the image smaller.") from error
    except UNREADABLE as error:
        raise _invalid(field, "is not an image that can be read", hint="Send a PNG, JPEG or WebP file.") from error


def fit(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Cropped about the middle to the shape of `width` x `height`, then resized to it."""
    return picture if picture.size == (width, height) else ImageOps.fit(picture, (width, height), _LANCZOS)


def resize(picture: Image.Image, width: int, height: int) -> Image.Image:
    return picture if picture.size == (width, height) else picture.resize((width, height), _LANCZOS)


def to_pixels(picture: Image.Image, *, channels: int) -> Tensor:
    """`[1, channels, height, width]` in [-1, 1]: RGBA with straight alpha, or RGB on white."""
    return 2.0 * _unit(picture.convert("RGBA") if channels == 4 else on(picture, "white")) - 1.0


def to_mask(picture: Image.Image) -> Tensor:
    """`[1, 1, height, width]` in [0, 1]: how bright it is; what is transparent counts as black."""
    return _unit(on(picture, "black").convert("L"))


def on(picture: Image.Image, colour: str) -> Image.Image:
    """RGB, with a colour behind what is transparent."""
    rgba = picture.convert("RGBA")
    if rgba.getchannel("A").getextrema() != (255, 255):
        rgba = Image.alpha_composite(Image.new("RGBA", rgba.size, colour), rgba)
    return rgba.convert("RGB")


_LANCZOS = Image.Resampling.LANCZOS


def _unit(picture: Image.Image) -> Tensor:
    levels = np.asarray(picture, np.float32) / 255
    # Left with its channels last: an encoder's convolutions then round as they do in diffusers' own pipelines.
    return torch.from_numpy(levels.reshape(1, picture.height, picture.width, -1).transpose(0, 3, 1, 2))


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Pillow clips sixteen-bit grey instead of scaling it."""
    if not picture.mode.startswith("I"):
        picture.load()
        return picture
    grey = Image.fromarray((np.asarray(picture).clip(0, 65535) // 257).astype(np.uint8))
    grey.info = picture.info
    return grey


def _invalid(field: str, problem: str, *, hint: str) -> InvalidRecipe:
    return InvalidRecipe(f"The image in `{field}` {problem}.", hint=hint, fields={field: problem})
