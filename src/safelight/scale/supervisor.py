"""Keeps processes running: starts them in order, starts again what dies, and ends all of them together."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from safelight.domain.errors import Misconfigured

log = logging.getLogger(__name__)

GLANCE_S = 0.1
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0
"""Before a process is started again that does not stay."""
WELL_AFTER_S = 30.0
"""A process that has run for so long is well, however often it died before."""
ENDING_S = 20.0


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process of the cluster.

    Attributes:
        ready: whether it answers.
        patience_s: how long it may take until it does.
        user: as whom it runs, where this process may choose.
    """

    name: str
    command: Sequence[str]
    ready: Callable[[], Awaitable[bool]]
    env: Mapping[str, str] = field(default_factory=dict)
    patience_s: float = 120.0
    user: str | None = None


@dataclass
class Running:
    """A part, and the process that it is at this moment."""

    part: Part
    log_file: Path
    process: asyncio.subprocess.Process | None = None
    starts: int = 0
    watching: "asyncio.Task[None] | None" = None

    @property
    def pid(self) -> int | None:
        return None if self.process is None or self.process.returncode is not None else self.process.pid


class Supervisor:
    """
    Args:
        folder: where what the processes say is written, one file each.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.parts: dict[str, Running] = {}

    async def start(self, part: Part) -> None:
        """Start one, wait until it answers, and keep it running from then on.

        Raises:
            Misconfigured: it ends, or does not answer in time.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        running = self.parts[part.name] = Running(part, self._folder / f"{part.name}.log")
        await self._spawn(running)
        try:
            async with asyncio.timeout(part.patience_s):
                while not await part.ready():
                    if running.pid is None:
                        raise _gone(running)
                    await asyncio.sleep(GLANCE_S)
        except TimeoutError:
            raise _gone(running) from None
        running.watching = asyncio.create_task(self._watch(running))

    async def close(self) -> None:
        """End all of them, the last one first: politely, and after a while without asking."""
        for running in self.parts.values():
            if running.watching is not None:
                running.watching.cancel()
        for running in reversed(self.parts.values()):
            if running.pid is None or running.process is None:
                continue
            _signal(running.pid, signal.SIGTERM)
            try:
                async with asyncio.timeout(ENDING_S):
                    await running.process.wait()
            except TimeoutError:
                log.warning("%s does not end by itself", running.part.name)
            _signal(running.process.pid, signal.SIGKILL)
            await running.process.wait()

    async def _spawn(self, running: Running) -> None:
        part = running.part
        running.starts += 1
        with running.log_file.open("ab") as said:
            running.process = await asyncio.create_subprocess_exec(
                *part.command,
                env={**os.environ, **part.env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                user=part.user,
                # A group of its own: Ctrl-C is for this process, which ends them in order.
                start_new_session=True,
            )

    async def _watch(self, running: Running) -> None:
        wait, loop = FIRST_WAIT_S, asyncio.get_running_loop()
        while running.process is not None:
            began = loop.time()
            code = await running.process.wait()
            # What it started goes with it.
            _signal(running.process.pid, signal.SIGKILL)
            wait = FIRST_WAIT_S if loop.time() - began > WELL_AFTER_S else min(LONGEST_WAIT_S, 2 * wait)
            log.warning("%s has ended (%s) and is started again", running.part.name, code)
            await asyncio.sleep(wait)
            await self._spawn(running)


def _signal(process: int, what: signal.Signals) -> None:
    """To the process and all that it started."""
    try:
        os.killpg(process, what)
    except ProcessLookupError:
        return


def _gone(running: Running) -> Misconfigured:
    said = running.log_file.read_text(errors="replace").strip().splitlines()
    return Misconfigured(
        f"{running.part.name} does not start: {said[-1][:300] if said else 'it says nothing'}",
        hint=f"{running.log_file} has all that it said.",
    )
