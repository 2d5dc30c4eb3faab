"""What the terminal can show: asked of the terminal itself, and where it does not say, read from the environment."""

import os
import re
import select
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console

ANSWER_S = 0.5
"""How long a terminal may take to answer. All do within milliseconds, over a network within a fraction of a second."""
PASTE_LIMIT = 4096
QUESTION = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c"
"""Can you do kitty's graphics? How large is a cell? What are you? Every terminal answers the last one."""
KITTY_ANSWER = re.compile(rb"\x1b_Gi=31;OK\x1b\\")
CELL_ANSWER = re.compile(rb"\x1b\[6;(\d{1,4});(\d{1,4})t")
ATTRIBUTES = re.compile(rb"\x1b\[\?([\d;]*)c")
SIXEL = b"4"
CELL = (10, 20)
"""Pixels of a cell, across and down, where the terminal does not tell."""
ITERM_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "mintty", "rio"})


class Show(StrEnum):
    """How a picture that develops is shown in the terminal."""

    AUTO = "auto"
    KITTY = "kitty"
    ITERM = "iterm"
    SIXEL = "sixel"
    BLOCKS = "blocks"
    BAR = "bar"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """What there is to draw on.

    Attributes:
        show: how, once it is decided: never `auto`.
        cell: pixels of a cell, across and down.
        colours: 2**24 or 256.
    """

    show: Show
    cell: tuple[int, int] = CELL
    colours: int = 2**24


def look(console: Console, wish: Show, *, environment: Mapping[str, str] = os.environ) -> Terminal:
    """The terminal behind a console, and how pictures are shown there: as wished, or as well as it can.

    What is no terminal is shown nothing, whatever was wished.
    """
    # Rich takes a pipe for a terminal where FORCE_COLOR says so; words may be coloured there, pictures are not drawn.
    if not (console.is_terminal and console.file.isatty()) or console.is_dumb_terminal or wish is Show.NONE:
        return Terminal(show=Show.NONE)
    if wish is Show.BAR or (wish is Show.AUTO and console.no_color):
        return Terminal(show=Show.BAR)
    colours = {"truecolor": 2**24, "256": 256}.get(console.color_system or "", 0)
    if wish is Show.BLOCKS:
        return Terminal(show=wish, colours=colours or 256)
    answer = _ask()
    told = CELL_ANSWER.search(answer)
    cell = (int(told[2]) or CELL[0], int(told[1]) or CELL[1]) if told else CELL
    show = best(answer, environment, colours=colours) if wish is Show.AUTO else wish
    return Terminal(show=show, cell=cell, colours=colours or 256)


def best(answer: bytes, environment: Mapping[str, str], *, colours: int) -> Show:
    """The best way that a terminal has, by what it answered and what it calls itself."""
    if KITTY_ANSWER.search(answer):
        return Show.KITTY
    # What the terminal outside is called says nothing of a multiplexer inside.
    within = environment.get("TMUX") or environment.get("STY")
    names = {environment.get("TERM_PROGRAM"), environment.get("LC_TERMINAL", "") + ".app"}
    if not within and names & ITERM_PROGRAMS:
        return Show.ITERM
    told = ATTRIBUTES.search(answer)
    if told and SIXEL in told[1].split(b";")[1:]:
        return Show.SIXEL
    return Show.BLOCKS if colours else Show.BAR


def _ask() -> bytes:
    """What the terminal answers to the question; nothing where it cannot be asked."""
    try:
        import termios
    except ImportError:
        return b""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return b""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return b""
    try:
        # In the background, asking would stop the whole job.
        if os.tcgetpgrp(terminal) != os.getpgrp():
            return b""
        return _answered(terminal)
    except (OSError, termios.error):
        return b""
    finally:
        os.close(terminal)


def _answered(terminal: int) -> bytes:
    import termios

    before = termios.tcgetattr(terminal)
    quiet = termios.tcgetattr(terminal)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(terminal, termios.TCSADRAIN, quiet)
    try:
        os.write(terminal, QUESTION)
        return _read(terminal)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _read(terminal: int) -> bytes:
    answer, end = b"", time.monotonic() + ANSWER_S
    while not ATTRIBUTES.search(answer) and len(answer) < PASTE_LIMIT:
        ready, _, _ = select.select([terminal], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            break
        answer += os.read(terminal, 1024)
    return answer
