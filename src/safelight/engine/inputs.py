"""The images of a recipe, as networks look at them."""

import hashlib
import io
from collections.abc import Mapping

from PIL import Image, ImageOps

from safelight.domain.errors import InvalidRecipe

WHITE = (255, 255, 255)


def look(images: Mapping[str, bytes], id: str) -> Image.Image:
    """An image in RGB, the right way up; what is transparent in it is white.

    Raises:
        InvalidRecipe: it was not given, or is no image.
    """
    try:
        with Image.open(io.BytesIO(_given(images, id))) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidRecipe(
            f"The image '{id[:40]}' cannot be read: {error}.", hint="Send a PNG, JPEG or WebP file."
        ) from error
    ground = Image.new("RGBA", upright.size, WHITE)
    ground.alpha_composite(upright)
    return ground.convert("RGB")


def fingerprint(images: Mapping[str, bytes], id: str) -> str:
    """The same for the same image, whatever it is called. Raises InvalidRecipe where it was not given."""
    return hashlib.sha256(_given(images, id)).hexdigest()


def _given(images: Mapping[str, bytes], id: str) -> bytes:
    try:
        return images[id]
    except KeyError as error:
        raise InvalidRecipe(f"The image '{id[:40]}' was not given.", hint="Send it with the recipe.") from error
