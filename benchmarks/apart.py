"""Each contender in a process of its own: what OpenMP does in one process for one of them slows down the others."""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context

from contenders import Contender
from summing_up import Run
from workloads import Job

Make = Callable[[], Contender]
_loop = asyncio.Runner()
_here: Contender
"""In its process; what it waits for belongs to one loop, which goes on from run to run."""


class Apart:
    """A contender somewhere else.

    Args:
        make: makes it, there.
    """

    def __init__(self, name: str, title: str, make: Make) -> None:
        self.name, self.title = name, title
        self._make = make
        self._process = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_no_teams)

    async def open(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._process, _open, self._make)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._process, _close)
        self._process.shutdown()

    async def play(self, jobs: Sequence[Job], *, under_way: int | None = None) -> Run:
        """Let the jobs come when they are due, or so many at a time. What became of them is in the run alone."""
        return await asyncio.get_running_loop().run_in_executor(self._process, _play, list(jobs), under_way)


def _no_teams() -> None:
    # As the server has it: read once, when torch is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def _open(make: Make) -> None:
    global _here
    _here = make()
    _loop.run(_here.open())


def _close() -> None:
    _loop.run(_here.close())


def _play(jobs: Sequence[Job], under_way: int | None) -> Run:
    return _loop.run(play(_here, jobs, under_way=under_way))


async def play(one: Contender, jobs: Sequence[Job], *, under_way: int | None = None) -> Run:
    begin, cpu, rows = time.perf_counter(), time.process_time(), one.rows

    def clock() -> float:
        return time.perf_counter() - begin

    gate = asyncio.Semaphore(under_way or len(jobs))

    async def serve(job: Job) -> None:
        async with gate:
            await asyncio.sleep(max(0.0, job.due - clock()))
            job.came = clock() if under_way else job.due
            drawing = asyncio.create_task(one.draw(job, clock))
            patience = None if job.gives_up is None else job.gives_up * job.solo
            done, _ = await asyncio.wait([drawing], timeout=patience)
            if not done:
                job.cancelled = clock()
                drawing.cancel()
            with suppress(asyncio.CancelledError):
                await drawing
            if job.cancelled is None:
                job.ended = clock()

    await asyncio.gather(*(serve(job) for job in jobs))
    return Run(tuple(jobs), clock(), time.process_time() - cpu, one.rows - rows, one.pictures_per_forward)
