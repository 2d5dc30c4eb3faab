"""Opening images that somebody sent: only as large as memory bears, and only what can be decoded to the end."""

from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO

from PIL import Image as Pillow

from safelight.domain.errors import UnusableImage

PIXELS_LIMIT = 32 * 10**6
"""Pixels of an image; a small file may unpack to far more memory than it takes itself."""
FORMATS = ("PNG", "JPEG", "WEBP")
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    Pillow.DecompressionBombError,
    Pillow.DecompressionBombWarning,
)
"""What Pillow raises on damaged files."""


def measured(data: bytes) -> tuple[int, int]:
    """Width and height of a picture, without decoding it. Raises UnusableImage, also where they are too large."""
    try:
        with Pillow.open(BytesIO(data), formats=FORMATS) as image:
            _check_pixels(image)
            return image.size
    except UNREADABLE as error:
        raise UnusableImage("It cannot be read as an image.", hint="Send a PNG, JPEG or WebP file.") from error


def _check_pixels(image: Pillow.Image) -> None:
    if image.width * image.height > PIXELS_LIMIT:
        raise UnusableImage(
            f"It has {image.width}x{image.height} pixels.",
            hint=f"Up to {PIXELS_LIMIT // 10**6} million are read: make it smaller.",
        )


@contextmanager
def opened(data: bytes) -> Generator[Pillow.Image, None, None]:
    """A decoded PNG, JPEG or WebP.

    Raises:
        UnusableImage: it cannot be decoded, or has too many pixels.
    """
    try:
        with Pillow.open(BytesIO(data), formats=FORMATS) as image:
            _check_pixels(image)
            image.load()
            yield image
    except UNREADABLE as error:
        raise UnusableImage("It cannot be read as an image.", hint="Send a PNG, JPEG or WebP file.") from error
