"""Stepping in: pause, resume, and other directions for a generation under way."""

import asyncio
from dataclasses import dataclass
from typing import Any

from safelight.developing.moderation import Moderation
from safelight.domain.errors import Conflict, NotReady, Unsupported
from safelight.domain.model_card import Capability, ModelCard
from safelight.domain.progress import Paused, Rerouted, Steered
from safelight.domain.steering import Turn
from safelight.jobs.job import Answer, Job
from safelight.jobs.line import Line
from safelight.jobs.turning import before_start, check_room
from safelight.prompts.book import PromptBook
from safelight.providers.directory import Providers
from safelight.store.inputs import Inputs
from safelight.store.records import Records

PATIENCE_S = 10.0
"""How long an answer is waited for; a large model may take longer for a single step."""


@dataclass(frozen=True)
class Helm:
    """What is asked is passed on to the provider; what comes of it is heard with the steps, in their order."""

    providers: Providers
    prompts: PromptBook
    records: Records
    inputs: Inputs
    line: Line
    moderation: Moderation

    async def step_in(self, job: Job, turn: Turn | None, *, paused: bool | None) -> bool:
        """Turn, then pause or go on, as far as that is asked for. Returns and raises as `turn` does."""
        done = turn is None or await self.turn(job, turn)
        return (paused is None or await self.pause(job, paused=paused)) and done

    async def turn(self, job: Job, turn: Turn) -> bool:
        """Turn from the next step on; at once where none was taken yet.

        Returns:
            Whether it is done; else it is told on the feed when it is.

        Raises:
            Unsupported: its model cannot be steered so, or its recipe is full.
            InvalidRecipe: an image of the turn is not there.
            NotAllowed, Unreachable: as `Moderation.check` says of the turned recipe.
            NotReady: it is about to go on after a restart.
            Conflict: its last step is taken.
        """
        provider, card = self.providers.find(job.recipe.model)
        _check(card, turn)
        check_room(job.recipe, turn)
        turn = self.prompts.turn(turn, seed=job.recipe.seed or 0, step=job.step)
        if turn.prompt is not None:
            await self.moderation.check(
                job.recipe, turn.prompt, workspace=job.workspace, caller=job.ticket.owner.caller, generation=job.id
            )
        turn, images = await self.inputs.settle_turn(turn, workspace=job.workspace, caller=job.ticket.owner.caller)
        if job.begun:
            answer = job.ask()
            provider.steer(job.id, turn, images=images)
            return await _answered(job, answer)
        if job.resumes:
            raise NotReady("It is about to go on after a restart.", hint="Let it take a step, then try again.")
        await self._keep(job, before_start(turn))
        return True

    async def pause(self, job: Job, *, paused: bool) -> bool:
        """Leave it as it is, or go on with it. Idempotent; returns and raises as `turn` does."""
        provider, card = self.providers.find(job.recipe.model)
        _check(card, Turn())
        if job.ticket.paused is paused:
            return True
        self.line.pause(job.ticket, paused=paused)
        if not job.begun:
            await self._keep(job, Paused(paused=paused))
            return True
        answer = job.ask()
        if paused:
            provider.pause(job.id)
        else:
            provider.resume(job.id)
        return await _answered(job, answer)

    async def hear(self, job: Job, news: Answer) -> None:
        """Put what the provider answers on the feed and into the record, and tell whoever asked."""
        await self._keep(job, news)
        job.answer(news)

    async def reroute(self, job: Job, news: Rerouted) -> None:
        """Another provider goes on with it: say so, and keep the recipe that is drawn now."""
        await self._keep(job, news)

    async def _keep(self, job: Job, news: Answer | Rerouted) -> None:
        job.hear(news)
        # One after the other, and each with what is true by then: the last one written is the latest.
        async with job.writing:
            now = {"state": job.state, "recipe": job.recipe}
            await self.records.change(job.id, unless_ended=True, of_attempt=job.attempt, **now)


async def _answered(job: Job, answer: "asyncio.Future[Answer]") -> bool:
    waits: list[asyncio.Future[Any]] = [answer, job.watch]
    await asyncio.wait(waits, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    news = answer.result() if answer.done() else None
    if (isinstance(news, Steered) and news.late) or (news is None and job.watch.done()):
        raise Conflict("Its last step is taken.", hint="Branch off from an earlier step instead.")
    return news is not None


def _check(card: ModelCard, turn: Turn) -> None:
    missing = {Capability.STEERING} | ({Capability.INJECTION} if turn.injection else set())
    for capability in sorted(missing - card.capabilities):
        raise Unsupported(
            f"{card.name} cannot be asked for that while it draws.",
            hint=f"Choose a model that /api/v1/models lists with `{capability}`.",
        )
