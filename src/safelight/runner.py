"""THE WAY OF A REQUEST. Read this first: from a recipe to pictures, top to bottom.

    submit -> a row in the records (accepted means kept) -> a place in the line -> the provider draws
           -> every step goes on the feed, every picture into the store -> the ending is written, then told

Before a job exists, refusals are raised. Once it exists, whatever happens to it is an event on its feed.
"""

import asyncio
import logging
import secrets
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from structlog.contextvars import bind_contextvars

from safelight.domain.errors import Conflict, NotFound
from safelight.domain.events import Cancelled, Finished
from safelight.domain.generation import State
from safelight.domain.progress import Drawn
from safelight.domain.recipe import Recipe
from safelight.jobs.feed import Feed
from safelight.jobs.feeds import Feeds, recalled
from safelight.jobs.job import RESERVED_IDS, Ending, Job
from safelight.jobs.line import Line
from safelight.providers.directory import Providers
from safelight.store.pictures import Pictures
from safelight.store.records import GenerationRecord, Records

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Runner:
    """The trunk: the rooms are leaves that never call each other."""

    providers: Providers
    records: Records
    pictures: Pictures
    line: Line = field(default_factory=Line)
    feeds: Feeds = field(default_factory=Feeds)
    _jobs: dict[str, Job] = field(default_factory=dict, init=False)

    async def open(self) -> None:
        """Load the models, and put what an earlier run left unfinished in line again, with the seeds it had."""
        await self.providers.open()
        for record in await self.records.unfinished():
            reserved = record.last_event + RESERVED_IDS
            await self.records.change(record.id, last_event=reserved)
            self._launch(record, self.feeds.open(record.id, after=record.last_event), reserved=reserved)

    async def close(self) -> None:
        """Stop everything. What was running stays unfinished in the records and resumes at the next start."""
        for job in self._jobs.values():
            job.interrupt()
        await asyncio.gather(*(job.watch for job in self._jobs.values()))
        await self.providers.close()

    async def submit(self, recipe: Recipe, *, idempotency_key: str | None = None) -> GenerationRecord:
        """Accept a recipe: keep it, then put it in line. The same key and recipe answer the same generation.

        Raises:
            UnknownModel, Unsupported, QueueFull: nothing was started.
            Conflict: the key stands for another recipe.
        """
        _, card = self.providers.find(recipe.model)
        kept = await self.records.by_key(idempotency_key) if idempotency_key else None
        if kept is None:
            new = _accepted(card.settle(recipe), idempotency_key=idempotency_key)
            with self.line.room():
                # Open before it is kept: a duplicate that finds the row finds the feed as well.
                feed = self.feeds.open(new.id)
                try:
                    kept = await self.records.add(new)
                finally:
                    if kept is not new:
                        self.feeds.drop(new.id)
            if kept is new:
                self._launch(new, feed, reserved=new.last_event)
                return new
        # Whoever left the seed to the server means the one that was drawn the first time.
        seeded = recipe if recipe.seed is not None else recipe.model_copy(update={"seed": kept.recipe.seed})
        if card.settle(seeded) != kept.recipe:
            raise Conflict(
                "This Idempotency-Key was used for another recipe.", hint="Use a new key for every new recipe."
            )
        return self.live(kept)

    async def cancel(self, generation: str) -> GenerationRecord:
        """Take it out of the line, or stop it within one model evaluation. Idempotent. Raises NotFound."""
        if job := self.stop(generation):
            await asyncio.wait([job.watch])
        return await self.get(generation)

    def stop(self, generation: str) -> Job | None:
        """Begin to cancel, without waiting for it."""
        if job := self._jobs.get(generation):
            job.work.cancel()
        return job

    async def get(self, generation: str) -> GenerationRecord:
        """The record, with the progress of this moment. Raises NotFound."""
        if record := await self.records.get(generation):
            return self.live(record)
        raise NotFound(f"There is no generation '{generation[:80]}'.", hint="GET /api/v1/generations lists them all.")

    async def feed(self, generation: str) -> Feed:
        """The events of a generation, running, ended or long forgotten. Raises NotFound."""
        if feed := self.feeds.get(generation):
            return feed
        record = await self.get(generation)
        return recalled(generation, ending=await self._ending(record), last_id=record.last_event)

    def _launch(self, record: GenerationRecord, feed: Feed, *, reserved: int) -> None:
        job = self._jobs[record.id] = Job(feed=feed, recipe=record.recipe, reserved=reserved)
        job.ticket = self.line.join(pictures=record.recipe.count, announce=feed.append)
        job.work = asyncio.create_task(self._draw(job))
        job.watch = asyncio.create_task(self._see_through(job))

    async def _draw(self, job: Job) -> Finished:
        bind_contextvars(generation=job.id)
        await job.ticket.called()
        provider, _ = self.providers.find(job.recipe.model)
        await self.records.change(job.id, state=State.RUNNING, started_at=datetime.now(UTC))
        job.start(provider=provider.name)
        async with aclosing(provider.generate(job.recipe)) as progress:
            async for news in progress:
                if isinstance(news, Drawn):
                    await self.pictures.keep(generation=job.id, recipe=job.recipe, drawn=news, provider=provider.name)
                else:
                    job.hear(news)
                if job.needs_ids():
                    await self.records.change(job.id, last_event=job.reserved, step=job.step, total=job.total)
        return Finished(pictures=await self.pictures.of(job.id))

    async def _see_through(self, job: Job) -> None:
        await asyncio.wait([job.work])
        ending = job.ending()
        self.line.leave(job.ticket, finished=isinstance(ending, Finished))
        if job.left_for_later:
            return
        try:
            await self.records.change(job.id, ended_at=datetime.now(UTC), **job.last_words(ending))
        except Exception:
            # The end of a job: whoever follows it hears how it ended even when that could not be written down.
            log.exception("the end of generation %s could not be kept", job.id)
        del self._jobs[job.id]
        self.feeds.end(job.feed, ending)

    def live(self, record: GenerationRecord) -> GenerationRecord:
        """The record, with the progress of this moment."""
        job = self._jobs.get(record.id)
        if job is None or record.state.final:
            return record
        return replace(record, state=job.state, step=job.step, total=job.total)

    async def _ending(self, record: GenerationRecord) -> Ending:
        if record.error is not None:
            return record.error
        if record.state is State.CANCELLED:
            return Cancelled(step=record.step)
        return Finished(pictures=await self.pictures.of(record.id))


def _accepted(recipe: Recipe, *, idempotency_key: str | None) -> GenerationRecord:
    return GenerationRecord(
        id=f"gen_{secrets.token_hex(12)}",
        state=State.QUEUED,
        recipe=recipe,
        created_at=datetime.now(UTC),
        idempotency_key=idempotency_key,
        last_event=RESERVED_IDS,
    )
