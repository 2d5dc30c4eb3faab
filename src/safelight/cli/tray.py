"""The picture that comes up in the terminal, with the bar below it."""

import math
import os
import shutil
import time
from base64 import b64decode
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from PIL import Image
from rich.console import Console
from rich.text import Text

from safelight.cli.graphics import ESC, Area, drawn, erased, fitted
from safelight.cli.progress import bar, tell
from safelight.cli.terminal import Terminal
from safelight.domain.errors import UnusableImage
from safelight.domain.events import Event, Stepped
from safelight.store.decoding import opened

LARGEST = Area(columns=72, rows=26)
BELOW = 3
"""Lines that stay free for the bar and what comes after it."""
REST_S = 0.08
"""Between two pictures: a terminal that draws slowly delays nobody."""
HIDE, SHOW = f"{ESC}[?25l", f"{ESC}[?25h"


class Tray:
    """Shows every preview in place of the one before; in the end, the picture itself stays."""

    previews = True

    def __init__(self, console: Console, terminal: Terminal, *, count: int) -> None:
        self._console, self._terminal, self._count = console, terminal, count
        self._bar = bar(console)
        self._task = self._bar.add_task("Loading the model", total=None)
        self._frames: dict[int, Image.Image] = {}
        self._area: Area | None = None
        self._window = shutil.get_terminal_size()
        self._rested = 0.0

    def __enter__(self) -> Self:
        self._write(HIDE + self._line())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._write(f"\r{ESC}[2K{SHOW}")

    def hear(self, event: Event) -> None:
        tell(event, self._bar, self._task, count=self._count, say=self.say)
        if isinstance(event, Stepped) and event.frame is not None and event.frame.data is not None:
            self._take(event.picture, b64decode(event.frame.data))
            if time.monotonic() >= self._rested:
                self._develop()
                return
        self._write(f"\r{ESC}[2K{self._line()}")

    def say(self, words: str) -> None:
        """Words that stay, above the picture."""
        self._write(self._up() + erased(self._terminal) + f"\r{ESC}[J")
        self._area = None
        self._console.print(Text(words))
        self._develop()

    def finished(self, pictures: Sequence[bytes]) -> None:
        """Show the pictures themselves."""
        for number, data in enumerate(pictures):
            self._take(number, data)
        self._develop()

    def _take(self, picture: int, data: bytes) -> None:
        # What cannot be read is not shown; the file says so to whoever opens it.
        with suppress(UnusableImage), opened(data) as image:
            self._frames[picture] = image.convert("RGBA")

    def _develop(self) -> None:
        if not self._frames:
            self._write(self._line())
            return
        picture, window = _sheet(self._frames, self._count), shutil.get_terminal_size()
        room = Area(
            columns=max(1, min(LARGEST.columns, window.columns - 1)),
            rows=max(1, min(LARGEST.rows, window.lines - BELOW)),
        )
        area = fitted(picture.size, self._terminal, within=room)
        made = drawn(picture, self._terminal, area)
        room_made = self._room_for(area, window)
        self._write(f"{room_made}{self._up()}{ESC}7{made}{ESC}8{ESC}[{area.rows}B\r{ESC}[2K{self._line()}")
        self._rested = time.monotonic() + REST_S

    def _room_for(self, area: Area, window: os.terminal_size) -> str:
        """New lines for a picture, unless they are there."""
        if area == self._area and window == self._window:
            return ""
        gone = f"{self._up()}{erased(self._terminal)}\r{ESC}[J" if window == self._window else f"\r{ESC}[2K"
        self._area, self._window = area, window
        return gone + "\n" * area.rows

    def _up(self) -> str:
        """To the picture's first line, from the bar."""
        return f"\r{ESC}[{self._area.rows}A" if self._area else "\r"

    def _line(self) -> str:
        with self._console.capture() as captured:
            self._console.print(self._bar.get_renderable(), end="", soft_wrap=False)
        return captured.get().rstrip("\n")

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()


def _sheet(frames: dict[int, Image.Image], count: int) -> Image.Image:
    """All pictures of a generation side by side, in rows."""
    if count == 1:
        return frames[0] if 0 in frames else next(iter(frames.values()))
    across = math.ceil(math.sqrt(count))
    width, height = (max(side) for side in zip(*(image.size for image in frames.values()), strict=True))
    sheet = Image.new("RGBA", (across * width, math.ceil(count / across) * height))
    for number, image in frames.items():
        place = (number % across * width, number // across * height)
        sheet.paste(image.resize((width, height), Image.Resampling.NEAREST), place)
    return sheet
