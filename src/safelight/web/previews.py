"""Previews as each viewer wishes them: how often, how large, in which codec."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from PIL import Image

from safelight.domain.errors import InvalidRecipe
from safelight.domain.pixels import Pixels

SMALLEST, LARGEST = 16, 2048
RARELY = 1000
HINT = "Write it like every:2,size:256,codec:jpeg; codecs are jpeg, webp, png and none."


class Codec(StrEnum):
    JPEG = "jpeg"
    WEBP = "webp"
    PNG = "png"

    @property
    def media_type(self) -> str:
        return f"image/{self}"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A viewer's wish for one preview; None is as the provider made it. `size` bounds the longer side in pixels;
    `quality`, from 1 to 100, is a JPEG's."""

    size: int | None = None
    codec: Codec | None = None
    quality: int = 75

    def scaled(self, width: int, height: int) -> tuple[int, int]:
        """The size a preview will have: never enlarged, and never less than a pixel."""
        if self.size is None or max(width, height) <= self.size:
            return width, height
        scale = self.size / max(width, height)
        return max(1, round(width * scale)), max(1, round(height * scale))

    def media_type(self, given: str) -> str:
        return self.codec.media_type if self.codec else given

    def query(self) -> str:
        """As it stands in the address of a frame."""
        parts = [f"size={self.size}" if self.size else "", f"codec={self.codec}" if self.codec else ""]
        return "&".join(filter(None, parts))


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """A viewer's wish for a whole stream: a preview at every n-th step and at the last, or none at all."""

    every: int = 1
    none: bool = False
    wish: Wish = Wish()

    def shows(self, *, step: int, total: int) -> bool:
        return not self.none and (step % self.every == 0 or step == total)


def parse_cadence(text: str) -> Cadence:
    """Read `every:2,size:256,codec:webp`; every part may be left out.

    Raises:
        InvalidRecipe: it is written in another way.
    """
    parts: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition(":")
        if name not in ("every", "size", "codec") or name in parts:
            raise _invalid(f"'{part[:40]}' is not a part of it")
        parts[name] = value
    codec = parts.get("codec")
    return Cadence(
        every=_number(parts["every"], least=1, most=RARELY) if "every" in parts else 1,
        none=codec == "none",
        wish=Wish(
            size=_number(parts["size"], least=SMALLEST, most=LARGEST) if "size" in parts else None,
            codec=_codec(codec) if codec not in (None, "none") else None,
        ),
    )


def _number(text: str, *, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and least <= int(text) <= most):
        raise _invalid(f"'{text[:40]}' is not a whole number from {least} to {most}")
    return int(text)


def _codec(text: str | None) -> Codec:
    if text not in tuple(Codec):
        raise _invalid(f"'{str(text)[:40]}' is not a codec")
    return Codec(text)


def _invalid(fault: str) -> InvalidRecipe:
    return InvalidRecipe(f"The wish for previews is not valid: {fault}.", hint=HINT, fields={"preview": fault})


class Darkroom:
    """Encodes previews again, off the event loop, and remembers what it made last.

    Args:
        kept_bytes: how much of it is remembered.
    """

    def __init__(self, *, kept_bytes: int = 32 * 1024 * 1024) -> None:
        self._kept_bytes = kept_bytes
        self._weight = 0
        self._prints: OrderedDict[tuple[bytes, Wish], Pixels] = OrderedDict()

    async def develop(self, frame: Pixels, wish: Wish) -> Pixels:
        """The frame as wished. A frame that already is so is passed on untouched."""
        same_size = wish.scaled(frame.width, frame.height) == (frame.width, frame.height)
        if same_size and wish.media_type(frame.media_type) == frame.media_type:
            return frame
        key = (frame.data, wish)
        if key in self._prints:
            self._prints.move_to_end(key)
            return self._prints[key]
        made = await asyncio.to_thread(_encode, frame, wish)
        self._remember(key, made)
        return made

    def _remember(self, key: tuple[bytes, Wish], made: Pixels) -> None:
        if key in self._prints:
            return
        self._prints[key] = made
        self._weight += len(made.data) + len(key[0])
        while self._weight > self._kept_bytes:
            (data, _), oldest = self._prints.popitem(last=False)
            self._weight -= len(oldest.data) + len(data)


def _encode(frame: Pixels, wish: Wish) -> Pixels:
    width, height = wish.scaled(frame.width, frame.height)
    codec = wish.codec or Codec(frame.media_type.removeprefix("image/"))
    with Image.open(BytesIO(frame.data)) as opened:
        image = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    out = BytesIO()
    match codec:
        case Codec.JPEG:
            on_white(image).save(out, "JPEG", quality=wish.quality)
        case Codec.WEBP:
            image.save(out, "WEBP", quality=70, method=0)
        case Codec.PNG:
            image.save(out, "PNG", compress_level=1)
    return Pixels(out.getvalue(), codec.media_type, width, height)


def on_white(image: Image.Image) -> Image.Image:
    """Without transparency, which JPEG does not know."""
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper
