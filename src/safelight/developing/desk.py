"""The desk: what can be asked of generations, whoever draws them, beside having one drawn."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace

from safelight.developing.acceptance import Acceptance, check_priority
from safelight.developing.elsewhere import Elsewhere
from safelight.developing.endings import remembered
from safelight.developing.helm import Helm
from safelight.developing.moderation import Moderation
from safelight.developing.quotas import Quotas
from safelight.developing.recovery import Recovery
from safelight.developing.tenure import Tenure
from safelight.developing.webhooks import Webhooks
from safelight.domain.access import Access
from safelight.domain.errors import Conflict, NotFound, NotReady
from safelight.domain.generation import Priority
from safelight.domain.measuring import UNMEASURED, Meter
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Turn
from safelight.jobs.calls import Call, Calls, Move, Steer, Stop
from safelight.jobs.feed import Feed
from safelight.jobs.feeds import Feeds
from safelight.jobs.job import Job
from safelight.jobs.line import Line, Ticket
from safelight.prompts.book import PromptBook
from safelight.providers.directory import Providers
from safelight.store.inputs import Inputs
from safelight.store.leases import Leases
from safelight.store.pictures import Pictures
from safelight.store.records import GenerationRecord, Records

PATIENCE_S = 10.0
"""How long it is waited for another server to cancel."""


@dataclass(kw_only=True)
class Desk:
    """Everything that the way of a request leans on."""

    providers: Providers
    records: Records
    leases: Leases
    pictures: Pictures
    prompts: PromptBook = field(default_factory=PromptBook)
    inputs: Inputs
    recovery: Recovery
    moderation: Moderation
    line: Line = field(default_factory=Line)
    feeds: Feeds = field(default_factory=Feeds)
    quotas: Quotas
    webhooks: Webhooks = field(default_factory=Webhooks)
    meter: Meter = UNMEASURED
    calls: Calls | None = None

    def __post_init__(self) -> None:
        rooms = (self.providers, self.prompts, self.records, self.inputs, self.line)
        self.acceptance = Acceptance(*rooms, self.leases, self.feeds, self.moderation, self.quotas, self.webhooks)
        self.helm = Helm(*rooms, self.moderation)
        # Whatever door an image comes in by, it is looked at before it is kept.
        self.inputs.look = self.pictures.look = self.moderation.admit
        self.elsewhere = Elsewhere(records=self.records, pictures=self.pictures, feeds=self.feeds, calls=self.calls)
        self.tenure = Tenure(
            leases=self.leases, line=self.line, feeds=self.feeds, elsewhere=self.elsewhere, meter=self.meter
        )

    async def settle(self, recipe: Recipe, *, access: Access) -> Recipe:
        """The recipe as it would be drawn, without drawing it or asking moderation.

        Raises:
            UnknownModel, Unsupported, InvalidRecipe, DoesNotFit: it would be refused.
        """
        return await self.acceptance.settle(recipe, access=access)

    async def get(self, generation: str, *, access: Access) -> GenerationRecord:
        """The record, with the progress of this moment. Raises NotFound, also where it is of another workspace."""
        if record := await self.records.get(generation, workspace=access.workspace):
            return self.live(record)
        raise NotFound(f"There is no generation '{generation[:80]}'.", hint="GET /api/v1/generations lists them all.")

    async def feed(self, generation: str, *, access: Access) -> Feed:
        """The events of a generation, running here or elsewhere, ended or long forgotten. Raises NotFound."""
        record = await self.get(generation, access=access)
        feed = self.feeds.get(generation)
        if feed and (feed.ended or not self.feeds.hears(generation)):
            return feed
        if not record.state.final:
            return await self.elsewhere.follow(generation)
        if feed:
            # Its end is on its way here.
            await self.feeds.catch_up(feed)
            return feed
        known = await self.feeds.recall(generation)
        return remembered(record, pictures=await self.pictures.of(generation), known=known)

    async def steer(
        self, generation: str, turn: Turn | None = None, *, access: Access, paused: bool | None = None
    ) -> bool:
        """Step in: turn from the next step on, then pause or go on.

        Returns:
            Whether it is done; else it is told on the feed when it is.

        Raises:
            NotFound, Conflict: there is no such generation, or it has ended, or another server draws it and there is
                no way to ask that.
            Unsupported, InvalidRecipe, NotAllowed, Busy: as `Helm.turn` says.
        """
        await self.get(generation, access=access)
        if job := self.tenure.jobs.get(generation):
            return await self.helm.step_in(job, turn, paused=paused)
        record = await self.get(generation, access=access)
        return await self.elsewhere.ask(record, Steer(generation=generation, turn=turn, paused=paused))

    async def reorder(
        self, generation: str, *, access: Access, priority: Priority | None = None, place: int | None = None
    ) -> None:
        """Let it be drawn sooner or later than others of its workspace, or of its caller.

        Args:
            place: from 0, among those of its caller that wait with the same priority.

        Raises:
            NotFound: there is no such generation.
            Forbidden: the caller may not have it drawn before others.
            Conflict: it is being drawn, has ended, or waits at another server that cannot be asked.
        """
        check_priority(access, priority)
        record = await self.get(generation, access=access)
        if job := self.tenure.jobs.get(generation):
            await self._move(job, priority=priority, place=place)
        else:
            await self.elsewhere.ask(record, Move(generation=generation, priority=priority, place=place))

    async def _move(self, job: Job, *, priority: Priority | None, place: int | None) -> None:
        if not self.line.waits(job.ticket):
            raise Conflict("It is being drawn already.", hint="Pause it to let others go first.")
        moved = set[Ticket]()
        if priority is not None:
            self.line.rush(job.ticket, priority)
            await self.recovery.note(job, priority=priority)
        if place is not None:
            moved.update(self.line.move(job.ticket, to=place))
        for other in tuple(self.tenure.jobs.values()):
            if other.ticket in moved:
                await self.recovery.note(other, place=other.ticket.place)

    async def cancel(self, generation: str, *, access: Access) -> GenerationRecord:
        """Take it out of the line, or stop it within one model evaluation; one that another server draws, when that
        hears of it. Idempotent. Raises NotFound."""
        record = await self.get(generation, access=access)
        if job := self.stop(generation):
            await asyncio.wait([job.watch])
        elif not record.state.final:
            await self.leases.ask_to_cancel(generation)
            feed = await self.elsewhere.follow(generation)
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await self.elsewhere.hurry(record)
                    await feed.over()
        return await self.get(generation, access=access)

    async def answer(self, call: Call) -> bool:
        """Do what another server was asked for; who may, that server has looked at. Returns and raises as that would.

        Raises:
            NotReady: it is not drawn here any more.
        """
        if (job := self.tenure.jobs.get(call.generation)) is None:
            raise NotReady("Another server is about to go on with it.", hint="Try again in a moment.", retry_after=2)
        match call:
            case Steer(turn=turn, paused=paused):
                return await self.helm.step_in(job, turn, paused=paused)
            case Move(priority=priority, place=place):
                await self._move(job, priority=priority, place=place)
            case Stop():
                job.work.cancel()
        return True

    def draws(self, generation: str) -> bool:
        """Whether it is drawn here, or in line."""
        return generation in self.tenure.jobs

    def stop(self, generation: str) -> Job | None:
        """Begin to cancel, without waiting for it, and without asking whose it is."""
        if job := self.tenure.jobs.get(generation):
            job.work.cancel()
        return job

    def abandon(self, generation: str, *, seconds: float) -> None:
        """Cancel it after so long, if it is drawn here and nobody follows it then."""

        def look() -> None:
            job = self.tenure.jobs.get(generation)
            if job is not None and not job.feed.readers:
                job.work.cancel()

        asyncio.get_running_loop().call_later(seconds, look)

    def ahead(self, generation: str) -> int | None:
        """How many go before it in this server's line; None where it does not wait there."""
        job = self.tenure.jobs.get(generation)
        return None if job is None else self.line.ahead(job.ticket)

    def live(self, record: GenerationRecord) -> GenerationRecord:
        """The record, with the progress of this moment."""
        job = self.tenure.jobs.get(record.id)
        if job is None or record.state.final:
            return record
        if not job.begun:
            return replace(record, state=job.state, priority=job.ticket.priority)
        return replace(record, state=job.state, step=job.step, total=job.total)
