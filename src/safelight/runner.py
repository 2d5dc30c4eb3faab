"""THE WAY OF A REQUEST. Read this first: from a recipe to pictures, top to bottom.

    submit -> styles and lots make the prompt, the model's card fills in the rest -> moderation reads it
           -> a row in the records (accepted means kept) -> a place in the line -> the provider draws
           -> moderation looks -> every step goes on the feed, every picture into the store
           -> the ending is written, then told

Before a job exists, refusals are raised. Once it exists, whatever happens to it is an event on its feed.
What else can be asked of generations is at the desk (`developing/desk.py`).
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import aclosing
from datetime import UTC, datetime

from structlog.contextvars import bind_contextvars

from safelight.developing.desk import Desk
from safelight.domain.access import Access
from safelight.domain.errors import StoreAway, TakenOver
from safelight.domain.events import Finished
from safelight.domain.generation import BranchOf, CellOf, Priority
from safelight.domain.order import Order
from safelight.domain.progress import Drawn, Paused, Progress, Rerouted, Steered, Step
from safelight.domain.recipe import Recipe
from safelight.domain.webhook import Webhook
from safelight.jobs.job import Ending, Job
from safelight.store.records import GenerationRecord

log = logging.getLogger(__name__)


class Runner(Desk):
    """The trunk: the rooms are leaves that never call each other."""

    async def open(self) -> None:
        """Load the models, and put what was left unfinished in line again, with the seeds it had."""
        await self.providers.open()
        if self.calls is not None:
            self.calls.open(self.answer)
        await self.tenure.open(self._launch)

    async def close(self) -> None:
        """Stop everything. What was running stays unfinished in the records and goes on elsewhere or later."""
        await self.tenure.stop()
        for job in self.tenure.jobs.values():
            job.interrupt()
        await asyncio.gather(*(job.watch for job in self.tenure.jobs.values()))
        await self.tenure.leave()
        await self.feeds.close()
        if self.calls is not None:
            await self.calls.close()
        await self.providers.close()

    async def submit(
        self,
        recipe: Recipe,
        *,
        access: Access,
        idempotency_key: str | None = None,
        branch_of: BranchOf | None = None,
        webhooks: Iterable[Webhook] = (),
        cell: CellOf | None = None,
        priority: Priority = Priority.NORMAL,
    ) -> GenerationRecord:
        """Accept a recipe: keep it, then put it in line. The same key and recipe answer the same generation.

        Args:
            branch_of: where it goes on from.
            webhooks: who is told how it ends.
            cell: of a batch that it draws.

        Raises:
            UnknownModel, Unsupported, InvalidRecipe, DoesNotFit, NotAllowed, Busy, LimitReached: nothing was started.
            Forbidden: the caller may not have it drawn before others.
            Conflict: the key stands for another recipe.
        """
        record, new = await self.acceptance.accept(
            recipe,
            access=access,
            idempotency_key=idempotency_key,
            branch_of=branch_of,
            webhooks=webhooks,
            cell=cell,
            priority=priority,
        )
        if new:
            self._launch(record)
        return self.live(record)

    def _launch(self, record: GenerationRecord) -> None:
        job = self.tenure.admit(record, pictures=self.providers.takes(record.recipe))
        job.work = asyncio.create_task(self._draw(job))
        job.watch = asyncio.create_task(self._see_through(job))
        if record.cancel_asked:
            job.work.cancel()

    async def _draw(self, job: Job) -> Finished:
        bind_contextvars(generation=job.id)
        order = await self.recovery.order(job)
        provider, _ = self.providers.find(job.recipe.model)
        job.start(order, provider=provider.name)
        if order.pictures:
            drawing = self.providers.draw(order)
            screened = self.moderation.screened(drawing, generation=job.id, workspace=job.workspace)
            async with aclosing(screened) as progress:
                async for news in progress:
                    await self._hear(job, news, order)
        return Finished(pictures=await self.pictures.of(job.id))

    async def _hear(self, job: Job, news: Progress, order: Order) -> None:
        match news:
            case Drawn():
                await self.pictures.keep(
                    generation=job.id,
                    recipe=job.recipe,
                    drawn=news,
                    provider=job.provider,
                    given=order.images,
                    attempt=job.attempt,
                )
            case Rerouted():
                await self.helm.reroute(job, news)
            case Steered() | Paused():
                await self.helm.hear(job, news)
            case _:
                job.hear(news)
        if isinstance(news, Step):
            await self.recovery.remember(job, news)
        if job.needs_ids():
            await self.recovery.note(job, last_event=job.reserved, step=job.step, total=job.total)

    async def _see_through(self, job: Job) -> None:
        await asyncio.wait([job.work])
        ending = job.ending()
        self.line.leave(job.ticket, finished=isinstance(ending, Finished))
        if job.left_for_later:
            await self.recovery.leave(job)
            return
        if not job.lost:
            await self._write_down(job, ending)
        self.tenure.dismiss(job)
        if not job.lost:
            try:
                await self.recovery.checkpoints.sweep()
            finally:
                self.feeds.end(job.feed, ending)

    async def _write_down(self, job: Job, ending: Ending) -> None:
        try:
            await self.recovery.note(job, ended_at=datetime.now(UTC), **job.last_words(ending))
        except (TakenOver, StoreAway):
            job.lose()
        except Exception:
            # The end of a job: whoever follows it hears how it ended even when that could not be written down.
            log.exception("the end of generation %s could not be kept", job.id)
