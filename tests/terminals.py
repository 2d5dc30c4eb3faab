"""A terminal in front of a command: a pseudo-terminal that answers what it is asked, and remembers what was written."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pyte

from tests.running import environment

ATTRIBUTES = b"\x1b[c"
DEADLINE_S = 100


class Typed:
    """One command in a terminal of its own.

    Args:
        answers: what the terminal answers to which question; `{}` for one that is deaf.
        shape: columns and lines.
        told: more of the environment.
    """

    def __init__(
        self,
        *arguments: str,
        cwd: Path,
        answers: dict[bytes, bytes],
        shape: tuple[int, int] = (100, 40),
        told: dict[str, str] | None = None,
    ) -> None:
        self.shape, self.output, self._answers = shape, b"", answers
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", shape[1], shape[0], 0, 0))
        surroundings = {n: v for n, v in environment().items() if n not in ("NO_COLOR", "COLUMNS", "LINES", "TMUX")}
        surroundings |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TERM_PROGRAM": ""} | (told or {})
        self._master = master
        self._process = subprocess.Popen(
            [sys.executable, "-m", "safelight", *arguments],
            cwd=cwd,
            env=surroundings,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            preexec_fn=lambda: _own(slave),
        )
        os.close(slave)

    def run(self, *, interrupt_at: bytes = b"") -> int:
        """Read and answer until it ends; gives the exit code."""
        end, asked = time.monotonic() + DEADLINE_S, dict.fromkeys(self._answers, 0)
        while time.monotonic() < end:
            ready, _, _ = select.select([self._master], [], [], 0.2)
            if not ready:
                if self._process.poll() is not None:
                    break
                continue
            try:
                data = os.read(self._master, 65536)
            except OSError:  # Linux says so when nobody holds the other end any more.
                break
            if not data:
                break
            self.output += data
            for question, answer in self._answers.items():
                while self.output.count(question) > asked[question]:
                    asked[question] += 1
                    os.write(self._master, answer)
            if interrupt_at and interrupt_at in self.output:
                interrupt_at = b""
                self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(max(1.0, end - time.monotonic()))
        finally:
            self._process.kill()
            os.close(self._master)

    @property
    def screen(self) -> pyte.Screen:
        """What a person sees in the end."""
        screen = pyte.Screen(*self.shape)
        # pyte shows what it does not know: the questions, of which a terminal shows none.
        text = re.sub(rb"\x1b_G.*?\x1b\\|\x1b\[16t", b"", self.output)
        pyte.ByteStream(screen).feed(text)
        return screen


def _own(slave: int) -> None:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
