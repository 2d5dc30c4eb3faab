"""The graphics cards of the machine, asked for without loading anything that draws."""

import asyncio
import shutil
import time
from typing import Annotated, cast

from fastapi import Depends, Request

from safelight.domain.frozen import Frozen

QUERY = ("--query-gpu=name,memory.used,memory.total", "--format=csv,noheader,nounits")
FRESH_S, PATIENCE_S = 5.0, 2.0
MIB = 2**20


class Gpu(Frozen):
    """One card."""

    name: str
    used: int
    """Bytes."""
    total: int
    """Bytes."""

    @property
    def usage(self) -> str:
        """As `2.1GB / 6.0GB`."""
        return f"{self.used / 2**30:.1f}GB / {self.total / 2**30:.1f}GB"


class Hardware:
    """Asks the driver of NVIDIA's cards, and remembers the answer for a few seconds. Where there is none, there are no
    cards."""

    def __init__(self) -> None:
        self._gpus: tuple[Gpu, ...] = ()
        self._read_at = -FRESH_S
        self._reading = asyncio.Lock()

    async def gpus(self) -> tuple[Gpu, ...]:
        async with self._reading:
            if time.monotonic() - self._read_at >= FRESH_S:
                self._gpus = await _read()
                self._read_at = time.monotonic()
        return self._gpus


async def _read() -> tuple[Gpu, ...]:
    if (program := shutil.which("nvidia-smi")) is None:
        return ()
    process = await asyncio.create_subprocess_exec(
        program, *QUERY, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            out, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return ()
    return parsed(out.decode(errors="replace"))


def parsed(text: str) -> tuple[Gpu, ...]:
    """The cards in the driver's answer; lines that are not of one are left out."""
    rows = [[part.strip() for part in line.rsplit(",", 2)] for line in text.splitlines()]
    return tuple(
        Gpu(name=row[0], used=int(row[1]) * MIB, total=int(row[2]) * MIB)
        for row in rows
        if len(row) == 3 and row[1].isdigit() and row[2].isdigit()
    )


def hardware_of(request: Request) -> Hardware:
    return cast(Hardware, request.app.state.hardware)


TheHardware = Annotated[Hardware, Depends(hardware_of)]
