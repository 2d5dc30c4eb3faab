"""Finished pictures and previews as files."""

from io import BytesIO

from PIL import Image

from safelight.domain.pixels import Pixels


def encode_frame(image: Image.Image) -> Pixels:
    """A preview for the wire: JPEG, or WebP where there is transparency to keep.

    Lossless WebP at its least effort takes less than half the time of lossy WebP, for three times the bytes (15 kB).
    """
    if image.mode == "RGBA":
        return _encode(image, "WEBP", lossless=True, quality=0, method=0)
    return _encode(image, "JPEG", quality=80)


def encode_png(image: Image.Image) -> Pixels:
    return _encode(image, "PNG", compress_level=4)


def _encode(image: Image.Image, kind: str, **options: int) -> Pixels:
    out = BytesIO()
    image.save(out, kind, **options)
    return Pixels(out.getvalue(), f"image/{kind.lower()}", image.width, image.height)


def compute_alone() -> None:
    """Keep this thread's arithmetic to one core."""
    from safelight.engine.device import compute_alone as keep_to_one

    keep_to_one()
