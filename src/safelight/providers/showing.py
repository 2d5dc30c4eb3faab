"""What is seen of a picture that is drawn elsewhere."""

import asyncio
import time
from io import BytesIO

from PIL import Image

from safelight.domain.pixels import FrameSource, Pixels
from safelight.domain.progress import Drawn, Progress, Step
from safelight.domain.recipe import Recipe
from safelight.providers.failures import malformed
from safelight.providers.upstream import Shows

PIXELS_LIMIT = 32 * 10**6
BYTES_LIMIT = 64 * 2**20
FORMATS = ("PNG", "JPEG", "WEBP")
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)
PLACEHOLDER_SIDE, PLACEHOLDER_GREY = 64, 216


class Showing:
    """The steps of one picture, numbered in one go, whatever the service tells."""

    def __init__(self, recipe: Recipe, *, picture: int, seed: int) -> None:
        self._recipe = recipe
        self._picture = picture
        self._seed = seed
        self._step = 0
        self._total = 0
        self._at = time.monotonic()
        self._ahead: int | None = None
        self._latest: Pixels | None = None
        """The latest unfinished picture that is as large as the finished one will be."""

    def moved(self, ahead: int) -> bool:
        """Whether its place in the service's line is another one than before."""
        before, self._ahead = self._ahead, ahead
        return before != ahead and ahead > 0

    async def begun(self) -> Step | None:
        """It was accepted: there is nothing to see yet, and that is shown. None where something was."""
        if self._step:
            return None
        width, height = self._recipe.width or 1, self._recipe.height or 1
        blank = await asyncio.to_thread(_blank, width, height)
        return self._numbered(1, 2, blank, FrameSource.PLACEHOLDER)

    async def step(self, shows: Shows) -> Step | None:
        """None where nothing is new."""
        frame = None
        if shows.image is not None:
            try:
                frame = await asyncio.to_thread(examined, shows.image)
            except ValueError:
                # A preview that cannot be read is left out: the picture itself is what was paid for.
                frame = None
        if frame is not None and max(frame.width, frame.height) >= max(
            self._recipe.width or 1, self._recipe.height or 1
        ):
            self._latest = frame
        # The placeholder has taken the first number, and the finished picture has the last.
        step, total = shows.step + 1, shows.total + 2
        return None if step <= self._step else self._numbered(step, total, frame, shows.source)

    async def finished(self, data: bytes, *, title: str) -> list[Progress]:
        """The last step and the picture, whose bytes are what they were. Raises Passing where it is no picture."""
        try:
            image = await asyncio.to_thread(examined, data)
        except ValueError as error:
            raise malformed(title, str(error)) from error
        total = max(self._total, self._step + 1)
        last = self._numbered(total, total, None, FrameSource.DENOISE)
        return [last, Drawn(picture=self._picture, seed=self._seed, image=image, sealed=True)]

    def unfinished(self) -> Drawn | None:
        """What there is of it, where the service never came to the end."""
        if self._latest is None:
            return None
        return Drawn(picture=self._picture, seed=self._seed, image=self._latest, sealed=True)

    def _numbered(self, step: int, total: int, frame: Pixels | None, source: FrameSource) -> Step:
        now = time.monotonic()
        self._step, self._total, before, self._at = step, max(total, self._total), self._at, now
        return Step(
            picture=self._picture,
            step=step,
            total=self._total,
            sigma=0.0,
            ms=(now - before) * 1000,
            frame=frame,
            source=source,
        )


def examined(data: bytes) -> Pixels:
    """What it is, decoded to its end. Raises ValueError where it is no whole PNG, JPEG or WebP, or too large."""
    if len(data) > BYTES_LIMIT:
        raise ValueError(f"a file of {len(data) / 2**20:.0f} MB")
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > PIXELS_LIMIT:
                raise ValueError(f"a picture of {image.width}x{image.height} pixels")
            image.load()
            return Pixels(data, Image.MIME[image.format or "PNG"], image.width, image.height)
    except UNREADABLE as error:
        raise ValueError("no whole picture") from error


def _blank(width: int, height: int) -> Pixels:
    scale = PLACEHOLDER_SIDE / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    out = BytesIO()
    Image.new("L", size, PLACEHOLDER_GREY).save(out, "PNG")
    return Pixels(out.getvalue(), "image/png", *size)
