"""Acceptance: a recipe becomes a generation that is kept, or the one that it became before."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from safelight.developing.moderation import Moderation
from safelight.developing.quotas import Quotas
from safelight.developing.webhooks import Webhooks
from safelight.domain.access import Access
from safelight.domain.errors import Conflict, DoesNotFit, Forbidden, LimitReached
from safelight.domain.estimate import Estimate
from safelight.domain.generation import BranchOf, CellOf, Priority
from safelight.domain.recipe import Recipe
from safelight.domain.spending import Account
from safelight.domain.webhook import OF_GENERATIONS, Webhook
from safelight.jobs.feeds import Feeds
from safelight.jobs.job import RESERVED_IDS
from safelight.jobs.line import Line
from safelight.prompts.book import PromptBook
from safelight.providers.directory import Providers
from safelight.providers.provider import Provider
from safelight.store.inputs import Inputs
from safelight.store.leases import Leases
from safelight.store.records import GenerationRecord, Records


@dataclass(frozen=True)
class Acceptance:
    """Writes a recipe out, settles it, has it read, keeps its images and its row, before anyone is told of it."""

    providers: Providers
    prompts: PromptBook
    records: Records
    inputs: Inputs
    line: Line
    leases: Leases
    feeds: Feeds
    moderation: Moderation
    quotas: Quotas
    webhooks: Webhooks

    async def settle(self, recipe: Recipe, *, access: Access) -> Recipe:
        """The recipe as it would be drawn; nothing but its images is kept. Raises as `Runner.settle` says."""
        settled, provider = await self._settled(recipe, access)
        await self._check(settled, provider, access)
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
        priority: Priority,
    ) -> tuple[GenerationRecord, bool]:
        """The generation, and whether it is a new one. Raises as `Runner.submit` says."""
        check_priority(access, priority)
        workspace = access.workspace
        kept = await self._earlier(idempotency_key, workspace)
        # Whoever left the seed to the server means the one that was drawn the first time.
        if kept is not None and recipe.seed is None:
            recipe = recipe.model_copy(update={"seed": kept.recipe.seed})
        settled, provider = await self._settled(recipe, access)
        if kept is None:
            await self._check(settled, provider, access)
            new = GenerationRecord.accepted(
                settled,
                access=access,
                idempotency_key=idempotency_key,
                last_event=RESERVED_IDS,
                branch_of=branch_of,
                webhooks=self.webhooks.of(webhooks, events=OF_GENERATIONS),
                batch=cell and cell.batch,
                cell=cell and cell.index,
                owner=self.leases.owner,
                attempt=1,
                priority=priority,
            )
            await self.moderation.check(settled, workspace=workspace, caller=access.caller, generation=new.id)
            try:
                async with self.quotas.of(access, self.line):
                    kept = await self._add(new)
            except LimitReached:
                # The same request may have been accepted a moment ago, and have taken the last place itself.
                kept = await self._earlier(idempotency_key, workspace)
                if kept is None:
                    raise
            if kept is new:
                return kept, True
        if not kept.same_as(
            settled.model_copy(update={"seed": kept.recipe.seed if recipe.seed is None else recipe.seed})
        ):
            raise Conflict(
                "This Idempotency-Key was used for another recipe.", hint="Use a new key for every new recipe."
            )
        return kept, False

    async def _settled(self, recipe: Recipe, access: Access) -> tuple[Recipe, Provider]:
        choice = await self.providers.choose(recipe, account=Account.of(access))
        written = await asyncio.to_thread(self.prompts.write, recipe)
        settled = choice.settle(written)
        kept = await self.inputs.settle(settled, workspace=access.workspace, caller=access.caller)
        return kept, choice.provider

    async def _check(self, settled: Recipe, provider: Provider, access: Access) -> None:
        """Memory, or whether a service elsewhere would be paid."""
        await self.providers.admit(provider, settled, account=Account.of(access))
        _check_fits(await asyncio.to_thread(provider.estimate, settled))

    async def _earlier(self, idempotency_key: str | None, workspace: str) -> GenerationRecord | None:
        return await self.records.by_key(idempotency_key, workspace=workspace) if idempotency_key else None

    async def _add(self, new: GenerationRecord) -> GenerationRecord:
        kept: GenerationRecord | None = None
        with self.line.room():
            # Open before it is kept: a duplicate that finds the row finds the feed as well.
            self.feeds.open(new.id)
            try:
                kept = await self.records.add(new, lease_s=self.leases.lasting_s)
            finally:
                if kept is not new:
                    self.feeds.drop(new.id)
        return kept


def check_priority(access: Access, priority: Priority | None) -> None:
    """Raises Forbidden."""
    if priority is Priority.HIGH and not access.hurries:
        raise Forbidden("You may not have it drawn before others.", hint="Use a key with the scope 'hurry'.")


def _check_fits(estimate: Estimate) -> None:
    if not estimate.fits and (memory := estimate.memory) is not None:
        needed, budget = memory.peak_bytes / 1e9, (memory.budget_bytes or 0) / 1e9
        raise DoesNotFit(f"This takes {needed:.1f} GB of memory, and {budget:.1f} GB may be taken.", hint=estimate.hint)
