"""Tenure: what this server has to draw, for as long as it says so; and what it takes up from those who say no more."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from safelight.developing.elsewhere import Elsewhere
from safelight.developing.meanwhile import pause
from safelight.domain.errors import SafelightError, StoreAway, TakenOver
from safelight.domain.generation import State
from safelight.domain.measuring import UNMEASURED, Meter
from safelight.jobs.fairness import Owner
from safelight.jobs.feeds import Feeds
from safelight.jobs.job import RESERVED_IDS, Job
from safelight.jobs.line import Line
from safelight.store.leases import Leases
from safelight.store.records import GenerationRecord

log = logging.getLogger(__name__)

BEATS = 10
"""In the time of a lease: so many may be missed."""


@dataclass(kw_only=True)
class Tenure:
    """The jobs of this server, by their ids."""

    leases: Leases
    line: Line
    feeds: Feeds
    elsewhere: Elsewhere
    meter: Meter = UNMEASURED
    jobs: dict[str, Job] = field(default_factory=dict, init=False)
    _launch: Callable[[GenerationRecord], None] = field(init=False)
    _closing: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _beating: "asyncio.Task[None] | None" = field(default=None, init=False)

    async def open(self, launch: Callable[[GenerationRecord], None]) -> None:
        """Take up what an earlier run of this server left, and what nobody else has; and go on looking for such.

        Args:
            launch: draws it, beginning with `admit`.
        """
        self._launch = launch
        await self._take_up(starting=True)
        self._beating = asyncio.create_task(self._beat())

    async def stop(self) -> None:
        """Take up nothing more. What is left is released with `leave`."""
        self._closing.set()
        if self._beating is not None:
            await self._beating

    async def leave(self) -> None:
        """Let others go on at once with what did not end. Where the database is away, they do once the leases end."""
        with suppress(StoreAway):
            await self.leases.release({job.id: job.attempt for job in self.jobs.values() if not job.lost})

    def admit(self, record: GenerationRecord, *, pictures: int) -> Job:
        """A job in line for what this server has; its tasks are for the caller to make.

        Args:
            pictures: that this machine draws of it itself.
        """
        feed = self.feeds.open(record.id, after=record.last_event - RESERVED_IDS)
        feed.heard = lambda generation, event, size: self.meter.told(generation, event, frame_bytes=size)
        job = self.jobs[record.id] = Job(
            feed=feed,
            recipe=record.recipe,
            reserved=record.last_event,
            attempt=record.attempt,
            workspace=record.workspace,
            branch_of=record.branch_of,
            resumes=record.started_at is not None,
        )
        job.device_s = record.device_s
        job.ticket = self.line.join(
            pictures=pictures,
            announce=feed.append,
            paused=record.state is State.PAUSED,
            owner=Owner(record.workspace, record.caller),
            work=record.recipe.work if pictures else 0.0,
            priority=record.priority,
            place=record.place,
        )
        return job

    def dismiss(self, job: Job) -> None:
        """It is over here, and where it is lost, goes on elsewhere."""
        del self.jobs[job.id]
        if job.lost:
            job.say_why_lost()
            job.feed.heard = None
            self.meter.handed_over(job.id)
            self.elsewhere.watch(job.feed)

    async def _beat(self) -> None:
        while not self._closing.is_set():
            await pause(self._closing, seconds=self.leases.lasting_s / BEATS)
            try:
                await self._hold()
                if not self._closing.is_set():
                    await self._take_up()
                await self.elsewhere.look()
            except (SQLAlchemyError, SafelightError, OSError):
                log.warning("nobody hears that this server lives; it goes on trying", exc_info=True)

    async def _hold(self) -> None:
        """Renew what is under way here, stop what another server has begun with, and cancel what one was asked to."""
        held = {name: job for name, job in self.jobs.items() if not job.work.done()}
        known = await self.leases.renew(held)
        for name, job in held.items():
            if job.work.done():
                continue
            if name not in known or known[name].attempt != job.attempt:
                log.warning("another server has taken over generation %s", name)
                job.lose()
            elif known[name].cancel_asked:
                job.work.cancel()
            elif not self.leases.alone and job.begun:
                await self._tell(job)

    async def _tell(self, job: Job) -> None:
        """How far it is, for those who ask another server."""
        try:
            await self.leases.records.change(job.id, of_attempt=job.attempt, step=job.step, total=job.total)
        except TakenOver:
            job.lose()

    async def _take_up(self, *, starting: bool = False) -> None:
        # Alone, everything is ours. Else we leave to others what we have no place for.
        places = None if self.leases.alone else max(0, self.line.waiting_limit - self.line.waiting)
        held = tuple(self.jobs)
        taken = await self.leases.take(limit=places, event_ids=RESERVED_IDS, held=held, starting=starting)
        # Whoever followed them elsewhere goes on here, and misses nothing of what was told there.
        await asyncio.gather(*(self.elsewhere.follow(record.id) for record in taken if record.attempt > 1))
        for record in taken:
            self.elsewhere.forget(record.id)
            self._launch(record)
