"""Images in base64 on their way in, and pictures in the format that a client wishes on their way out."""

import asyncio
from base64 import b64decode, b64encode
from enum import StrEnum
from io import BytesIO

from PIL import Image, ImageOps

from safelight.domain.errors import InvalidRecipe
from safelight.domain.pixels import Pixels
from safelight.store.decoding import opened
from safelight.web.previews import on_white

BEGINNINGS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"RIFF": "webp"}


class Format(StrEnum):
    """What a finished picture is sent as."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def data_url(data: bytes, *, field: str) -> str:
    """An image as a recipe takes it. Raises InvalidRecipe where it is none that is read here."""
    kind = next((kind for beginning, kind in BEGINNINGS.items() if data.startswith(beginning)), None)
    if kind is None:
        raise _not_an_image(field)
    return f"data:image/{kind};base64,{base64(data)}"


def given(text: str, *, field: str) -> bytes:
    """The bytes of an image in base64, with or without `data:image/png;base64,` before it. Raises InvalidRecipe."""
    plain = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return b64decode("".join(plain.split()), validate=True)
    except ValueError as error:
        raise _not_an_image(field) from error


def as_given(text: str, *, field: str) -> str:
    """An image in base64 as a recipe takes it; what a recipe takes already stays. Raises InvalidRecipe."""
    return text if text.startswith(("pic_", "img_")) else data_url(given(text, field=field), field=field)


def cropped(data: bytes, width: int, height: int) -> bytes:
    """The middle of an image in other proportions, as a PNG. Raises UnusableImage."""
    with opened(data) as image:
        across = min(image.width, round(image.height * width / height))
        down = min(image.height, round(image.width * height / width))
        fitted = ImageOps.fit(image.convert("RGBA"), (max(across, 1), max(down, 1)))
    out = BytesIO()
    fitted.save(out, "PNG")
    return out.getvalue()


async def printed(picture: Pixels, form: Format, *, quality: int = 90, opaque: bool = False) -> bytes:
    """A picture as it is sent. A PNG that may be transparent stays as it was kept, its recipe inside.

    Args:
        quality: of JPEG and WebP, from 0 to 100.
        opaque: put it on white.
    """
    if picture.media_type == f"image/{form}" and not opaque:
        return picture.data
    return await asyncio.to_thread(_printed, picture.data, form, quality, opaque)


def _printed(data: bytes, form: Format, quality: int, opaque: bool) -> bytes:
    out = BytesIO()
    with Image.open(BytesIO(data)) as opened:
        image = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    if opaque or form is Format.JPEG:
        image = on_white(image)
    more = {} if form is Format.PNG else {"quality": quality}
    image.save(out, form.value.upper(), **more)
    return out.getvalue()


def _not_an_image(field: str) -> InvalidRecipe:
    problem = "is no PNG, JPEG or WebP in base64"
    return InvalidRecipe(f"Not valid: {field}.", hint=f"{field} {problem}.", fields={field: problem})
