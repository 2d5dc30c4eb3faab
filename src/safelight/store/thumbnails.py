"""Small versions for the gallery."""

from io import BytesIO

from PIL import Image, ImageOps

from safelight.domain.pixels import Pixels

SIDE = 256


def thumbnail(picture: bytes) -> Pixels:
    """A WebP of at most 256x256 pixels with the same proportions, the right way up; transparency stays, small pictures
    stay small."""
    with Image.open(BytesIO(picture)) as image:
        upright = ImageOps.exif_transpose(image)
    small = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = BytesIO()
    small.save(out, "WEBP", quality=85, method=4)
    return Pixels(data=out.getvalue(), media_type="image/webp", width=small.width, height=small.height)
