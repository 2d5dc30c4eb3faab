"""Where a generation goes on from, and what it leaves behind for that."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from safelight.domain.errors import StoreAway, TakenOver
from safelight.domain.order import Order, Saved
from safelight.domain.progress import Checkpoint, Step
from safelight.domain.recipe import Recipe
from safelight.jobs.branching import alone, share_past
from safelight.jobs.job import Job
from safelight.jobs.trails import Trails
from safelight.store.checkpoints import Checkpoints
from safelight.store.inputs import Inputs
from safelight.store.pictures import Pictures
from safelight.store.records import Records


@dataclass(kw_only=True)
class Recovery:
    """Every step leaves a checkpoint in memory, and now and then one in the records.

    Attributes:
        every_s: seconds of drawing that a crash costs at most; 0 writes every step down.
    """

    records: Records
    pictures: Pictures
    inputs: Inputs
    checkpoints: Checkpoints
    trails: Trails = field(default_factory=Trails)
    every_s: float = 5.0

    async def order(self, job: Job) -> Order:
        """Wait for its turn, then say what is left to draw of it, from the latest moment that is known.

        Raises:
            NotFound: a picture that the recipe refers to was deleted.
            TakenOver: another server has begun with it.
        """
        while True:
            await job.ticket.called()
            async with job.writing:
                await self.note(job, state=job.state, started_at=datetime.now(UTC))
            order = await self._order(job, job.recipe)
            # It may have been steered or paused while its things were fetched.
            if order.recipe is job.recipe and not job.ticket.paused:
                return order

    async def _order(self, job: Job, recipe: Recipe) -> Order:
        done, known = frozenset[int](), dict[int, Saved]()
        if job.resumes:
            done, known = await self.pictures.drawn(job.id), await self.checkpoints.latest(job.id)
        left = {picture: saved for picture, saved in known.items() if picture not in done}
        return Order(
            key=job.id,
            recipe=recipe,
            images=await self.inputs.load(recipe, workspace=job.workspace),
            checkpoints=left or await self._of_parent(job, recipe),
            done=done,
            workspace=job.workspace,
            caller=job.ticket.owner.caller,
        )

    async def remember(self, job: Job, step: Step) -> None:
        """Keep what a step leaves to go on from."""
        if step.checkpoint is None:
            return
        self.trails.add(job.id, step.picture, step.checkpoint)
        if time.monotonic() - job.stored_at >= self.every_s:
            await self.store(job)

    async def leave(self, job: Job) -> None:
        """The server stops: the next one goes on from here."""
        if job.begun:
            await self.store(job)
            with suppress(TakenOver, StoreAway):
                await self.note(job, step=job.step, total=job.total, device_s=job.device_s)

    async def note(self, job: Job, **changes: Any) -> None:
        """Set fields of its record. Raises TakenOver where another server has begun with it since."""
        await self.records.change(job.id, of_attempt=job.attempt, **changes)

    async def store(self, job: Job) -> None:
        """Write down where its pictures are."""
        latest = self.trails.of(job.id).latest()
        await self.checkpoints.keep(job.id, await asyncio.to_thread(_written, latest))
        job.stored_at = time.monotonic()

    async def _of_parent(self, job: Job, recipe: Recipe) -> Mapping[int, Saved]:
        origin = job.branch_of
        parent = None if origin is None else await self.records.get(origin.generation, workspace=job.workspace)
        if origin is None or parent is None:
            return {}
        path = alone(parent.recipe, origin.picture)

        def shared(step: int) -> bool:
            return step <= origin.step and share_past(path, recipe, step=step)

        for checkpoint in self.trails.of(parent.id).of(origin.picture):
            if shared(checkpoint.step):
                return await asyncio.to_thread(_written, {0: checkpoint})
        for step in await self.checkpoints.steps(parent.id, origin.picture):
            if shared(step) and (saved := await self.checkpoints.at(parent.id, origin.picture, step)):
                return {0: saved}
        return {}


def _written(checkpoints: Mapping[int, Checkpoint]) -> dict[int, Saved]:
    return {picture: Saved(checkpoint.step, checkpoint.to_bytes()) for picture, checkpoint in checkpoints.items()}
