"""THE WAY OF A REQUEST. Read this first: from a recipe to pictures, top to bottom.

    submit -> styles and lots make the prompt, the model's card fills in the rest -> moderation reads it
           -> a row in the records (accepted means kept) -> a place in the line -> the provider draws
           -> moderation looks -> every step goes on the feed, every picture into the store
           -> the ending is written, then told

Before a job exists, refusals are raised. Once it exists, whatever happens to it is an event on its feed.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from structlog.contextvars import bind_contextvars

from safelight.developing.acceptance import Acceptance
from safelight.developing.endings import over, remembered
from safelight.developing.helm import Helm
from safelight.developing.moderation import Moderation
from safelight.developing.quotas import Quotas
from safelight.developing.recovery import Recovery
from safelight.developing.webhooks import Webhooks
from safelight.domain.access import Access
from safelight.domain.errors import NotFound
from safelight.domain.events import Finished
from safelight.domain.generation import BranchOf, CellOf, State
from safelight.domain.progress import Drawn, Paused, Progress, Steered, Step
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Turn
from safelight.domain.webhook import Webhook
from safelight.jobs.fairness import Owner
from safelight.jobs.feed import Feed
from safelight.jobs.feeds import Feeds
from safelight.jobs.job import RESERVED_IDS, Job
from safelight.jobs.line import Line
from safelight.prompts.book import PromptBook
from safelight.providers.directory import Providers
from safelight.store.inputs import Inputs
from safelight.store.pictures import Pictures
from safelight.store.records import GenerationRecord, Records

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Runner:
    """The trunk: the rooms are leaves that never call each other."""

    providers: Providers
    records: Records
    pictures: Pictures
    prompts: PromptBook = field(default_factory=PromptBook)
    inputs: Inputs
    recovery: Recovery
    moderation: Moderation
    line: Line = field(default_factory=Line)
    feeds: Feeds = field(default_factory=Feeds)
    quotas: Quotas
    webhooks: Webhooks = field(default_factory=Webhooks)
    _jobs: dict[str, Job] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        rooms = (self.providers, self.prompts, self.records, self.inputs, self.line)
        self._acceptance = Acceptance(*rooms, self.feeds, self.moderation, self.quotas, self.webhooks)
        self._helm = Helm(*rooms, self.moderation)

    async def open(self) -> None:
        """Load the models, and put what an earlier run left unfinished in line again, with the seeds it had."""
        await self.providers.open()
        for record in await self.records.unfinished():
            reserved = record.last_event + RESERVED_IDS
            await self.records.change(record.id, last_event=reserved)
            feed = self.feeds.open(record.id, after=record.last_event)
            self._launch(record, feed, reserved=reserved, resumes=record.started_at is not None)

    async def close(self) -> None:
        """Stop everything. What was running stays unfinished in the records and goes on at the next start."""
        for job in self._jobs.values():
            job.interrupt()
        await asyncio.gather(*(job.watch for job in self._jobs.values()))
        await self.providers.close()

    async def settle(self, recipe: Recipe, *, access: Access) -> Recipe:
        """The recipe as it would be drawn, without drawing it or asking moderation.

        Raises:
            UnknownModel, Unsupported, InvalidRecipe, DoesNotFit: it would be refused.
        """
        return await self._acceptance.settle(recipe, workspace=access.workspace)

    async def submit(
        self,
        recipe: Recipe,
        *,
        access: Access,
        idempotency_key: str | None = None,
        branch_of: BranchOf | None = None,
        webhooks: Iterable[Webhook] = (),
        cell: CellOf | None = None,
    ) -> GenerationRecord:
        """Accept a recipe: keep it, then put it in line. The same key and recipe answer the same generation.

        Args:
            branch_of: where it goes on from.
            webhooks: who is told how it ends.
            cell: of a batch that it draws.

        Raises:
            UnknownModel, Unsupported, InvalidRecipe, DoesNotFit, NotAllowed, Busy, LimitReached: nothing was started.
            Conflict: the key stands for another recipe.
        """
        record, feed = await self._acceptance.accept(
            recipe,
            access=access,
            idempotency_key=idempotency_key,
            branch_of=branch_of,
            webhooks=webhooks,
            cell=cell,
        )
        if feed is not None:
            self._launch(record, feed, reserved=record.last_event)
        return self.live(record)

    async def steer(
        self, generation: str, turn: Turn | None = None, *, access: Access, paused: bool | None = None
    ) -> bool:
        """Step in: turn from the next step on, then pause or go on.

        Returns:
            Whether it is done; else it is told on the feed when it is.

        Raises:
            NotFound, Conflict: there is no such generation, or it has ended.
            Unsupported, InvalidRecipe, NotAllowed, Busy: as `Helm.turn` says.
        """
        await self.get(generation, access=access)
        if job := self._jobs.get(generation):
            return await self._helm.step_in(job, turn, paused=paused)
        raise over(await self.get(generation, access=access))

    async def cancel(self, generation: str, *, access: Access) -> GenerationRecord:
        """Take it out of the line, or stop it within one model evaluation. Idempotent. Raises NotFound."""
        await self.get(generation, access=access)
        if job := self.stop(generation):
            await asyncio.wait([job.watch])
        return await self.get(generation, access=access)

    def stop(self, generation: str) -> Job | None:
        """Begin to cancel, without waiting for it, and without asking whose it is."""
        if job := self._jobs.get(generation):
            job.work.cancel()
        return job

    async def get(self, generation: str, *, access: Access) -> GenerationRecord:
        """The record, with the progress of this moment. Raises NotFound, also where it is of another workspace."""
        if record := await self.records.get(generation, workspace=access.workspace):
            return self.live(record)
        raise NotFound(f"There is no generation '{generation[:80]}'.", hint="GET /api/v1/generations lists them all.")

    async def feed(self, generation: str, *, access: Access) -> Feed:
        """The events of a generation, running, ended or long forgotten. Raises NotFound."""
        record = await self.get(generation, access=access)
        if feed := self.feeds.get(generation):
            return feed
        return remembered(record, pictures=await self.pictures.of(generation))

    def _launch(self, record: GenerationRecord, feed: Feed, *, reserved: int, resumes: bool = False) -> None:
        job = Job(
            feed=feed,
            recipe=record.recipe,
            reserved=reserved,
            workspace=record.workspace,
            branch_of=record.branch_of,
            resumes=resumes,
        )
        job.device_s = record.device_s
        self._jobs[record.id] = job
        paused = record.state is State.PAUSED
        job.ticket = self.line.join(
            pictures=record.recipe.count,
            announce=feed.append,
            paused=paused,
            owner=Owner(record.workspace, record.caller),
            work=record.recipe.work,
        )
        job.work = asyncio.create_task(self._draw(job))
        job.watch = asyncio.create_task(self._see_through(job))

    async def _draw(self, job: Job) -> Finished:
        bind_contextvars(generation=job.id)
        order = await self.recovery.order(job)
        provider, _ = self.providers.find(job.recipe.model)
        job.start(order, provider=provider.name)
        if order.pictures:
            drawing = provider.generate(order)
            screened = self.moderation.screened(drawing, generation=job.id, workspace=job.workspace)
            async with aclosing(screened) as progress:
                async for news in progress:
                    await self._hear(job, news, provider=provider.name)
        return Finished(pictures=await self.pictures.of(job.id))

    async def _hear(self, job: Job, news: Progress, *, provider: str) -> None:
        match news:
            case Drawn():
                await self.pictures.keep(generation=job.id, recipe=job.recipe, drawn=news, provider=provider)
            case Steered() | Paused():
                await self._helm.hear(job, news)
            case _:
                job.hear(news)
        if isinstance(news, Step):
            await self.recovery.remember(job, news)
        if job.needs_ids():
            await self.records.change(job.id, last_event=job.reserved, step=job.step, total=job.total)

    async def _see_through(self, job: Job) -> None:
        await asyncio.wait([job.work])
        ending = job.ending()
        self.line.leave(job.ticket, finished=isinstance(ending, Finished))
        if job.left_for_later:
            await self.recovery.leave(job)
            return
        try:
            await self.records.change(job.id, ended_at=datetime.now(UTC), **job.last_words(ending))
        except Exception:
            # The end of a job: whoever follows it hears how it ended even when that could not be written down.
            log.exception("the end of generation %s could not be kept", job.id)
        await self.recovery.checkpoints.sweep()
        del self._jobs[job.id]
        self.feeds.end(job.feed, ending)

    def live(self, record: GenerationRecord) -> GenerationRecord:
        """The record, with the progress of this moment."""
        job = self._jobs.get(record.id)
        if job is None or record.state.final:
            return record
        if not job.begun:
            return replace(record, state=job.state)
        return replace(record, state=job.state, step=job.step, total=job.total)
