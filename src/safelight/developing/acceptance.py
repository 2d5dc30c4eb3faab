"""Acceptance: a recipe becomes a generation that is kept, or the one that it became before."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from safelight.developing.moderation import Moderation
from safelight.developing.quotas import Quotas
from safelight.developing.webhooks import Webhooks
from safelight.domain.access import Access
from safelight.domain.errors import Conflict, DoesNotFit, LimitReached
from safelight.domain.estimate import Estimate
from safelight.domain.generation import BranchOf, CellOf
from safelight.domain.recipe import Recipe
from safelight.domain.webhook import OF_GENERATIONS, Webhook
from safelight.jobs.feed import Feed
from safelight.jobs.feeds import Feeds
from safelight.jobs.job import RESERVED_IDS
from safelight.jobs.line import Line
from safelight.prompts.book import PromptBook
from safelight.providers.directory import Providers
from safelight.providers.provider import Provider
from safelight.store.inputs import Inputs
from safelight.store.records import GenerationRecord, Records


@dataclass(frozen=True)
class Acceptance:
    """Writes a recipe out, settles it, has it read, keeps its images and its row, before anyone is told of it."""

    providers: Providers
    prompts: PromptBook
    records: Records
    inputs: Inputs
    line: Line
    feeds: Feeds
    moderation: Moderation
    quotas: Quotas
    webhooks: Webhooks

    async def settle(self, recipe: Recipe, *, workspace: str) -> Recipe:
        """The recipe as it would be drawn; nothing but its images is kept. Raises as `Runner.settle` says."""
        settled, provider = await self._settled(recipe, workspace)
        _check_fits(await asyncio.to_thread(provider.estimate, settled))
        return settled

    async def accept(
        self,
        recipe: Recipe,
        *,
        access: Access,
        idempotency_key: str | None,
        branch_of: BranchOf | None,
        webhooks: Iterable[Webhook],
        cell: CellOf | None,
    ) -> tuple[GenerationRecord, Feed | None]:
        """The generation, and its feed where it is a new one. Raises as `Runner.submit` says."""
        workspace = access.workspace
        kept = await self._earlier(idempotency_key, workspace)
        # Whoever left the seed to the server means the one that was drawn the first time.
        if kept is not None and recipe.seed is None:
            recipe = recipe.model_copy(update={"seed": kept.recipe.seed})
        settled, provider = await self._settled(recipe, workspace)
        if kept is None:
            _check_fits(await asyncio.to_thread(provider.estimate, settled))
            new = GenerationRecord.accepted(
                settled,
                access=access,
                idempotency_key=idempotency_key,
                last_event=RESERVED_IDS,
                branch_of=branch_of,
                webhooks=self.webhooks.of(webhooks, events=OF_GENERATIONS),
                batch=cell and cell.batch,
                cell=cell and cell.index,
            )
            await self.moderation.check(settled, workspace=workspace, generation=new.id)
            try:
                async with self.quotas.of(access, self.line):
                    kept, feed = await self._add(new)
            except LimitReached:
                # The same request may have been accepted a moment ago, and have taken the last place itself.
                kept, feed = await self._earlier(idempotency_key, workspace), None
                if kept is None:
                    raise
            if feed is not None:
                return kept, feed
        if not kept.same_as(
            settled.model_copy(update={"seed": kept.recipe.seed if recipe.seed is None else recipe.seed})
        ):
            raise Conflict(
                "This Idempotency-Key was used for another recipe.", hint="Use a new key for every new recipe."
            )
        return kept, None

    async def _settled(self, recipe: Recipe, workspace: str) -> tuple[Recipe, Provider]:
        provider, card = self.providers.find(recipe.model)
        written = await asyncio.to_thread(self.prompts.write, recipe)
        return await self.inputs.settle(card.settle(written), workspace=workspace), provider

    async def _earlier(self, idempotency_key: str | None, workspace: str) -> GenerationRecord | None:
        return await self.records.by_key(idempotency_key, workspace=workspace) if idempotency_key else None

    async def _add(self, new: GenerationRecord) -> tuple[GenerationRecord, Feed | None]:
        kept: GenerationRecord | None = None
        with self.line.room():
            # Open before it is kept: a duplicate that finds the row finds the feed as well.
            feed = self.feeds.open(new.id)
            try:
                kept = await self.records.add(new)
            finally:
                if kept is not new:
                    self.feeds.drop(new.id)
        return kept, feed if kept is new else None


def _check_fits(estimate: Estimate) -> None:
    if not estimate.fits and (memory := estimate.memory) is not None:
        needed, budget = memory.peak_bytes / 1e9, (memory.budget_bytes or 0) / 1e9
        raise DoesNotFit(f"This takes {needed:.1f} GB of memory, and {budget:.1f} GB may be taken.", hint=estimate.hint)
