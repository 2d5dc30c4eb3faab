"""Whose money it is: a workspace's, and in it each caller's."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from safelight.domain.access import LOCAL
from safelight.domain.errors import BudgetReached
from safelight.domain.spending import Account, Caps, Expense, Spent
from safelight.store.ledger import Ledger
from safelight.store.records import Records
from safelight.store.schema import SPENDINGS

pytestmark = pytest.mark.anyio
ADA = Account(workspace="ws_here", caller="key_ada")
BOB = replace(ADA, caller="key_bob")


async def reserved(ledger: Ledger, account: Account, number: int, usd: float = 0.04) -> Expense:
    return await ledger.reserve(
        account=account, provider="openai", model="m", generation=f"{account.caller} {number}", picture=0, usd=usd
    )


async def test_one_caller_spends_no_more_than_their_own(records: Records) -> None:
    ledger = Ledger(records, Caps(caller_day_usd=0.1))
    wished: list[Any] = [reserved(ledger, ADA, number) for number in range(10)]
    answers = await asyncio.gather(*wished, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, BudgetReached)]
    assert len(refused) == 8 and len(answers) == 10
    assert "$0.08 of the $0.10 for you and today" in refused[0].detail and 0 < refused[0].retry_after <= 86400
    with pytest.raises(BudgetReached):
        await ledger.check(replace(ADA, workspace="ws_elsewhere"), 0.04)
    await ledger.check(ADA, 0.02)
    assert await reserved(ledger, BOB, 0)
    budget = await ledger.budget(ADA)
    assert (budget.day_usd, budget.own_day_usd, budget.own_day_cap_usd) == (0.12, 0.08, 0.1)
    # What nothing came of is theirs again, and a new day is a new one.
    first = next(answer for answer in answers if isinstance(answer, Expense))
    await ledger.settle(first.id, Spent.RELEASED)
    await reserved(ledger, ADA, 10)
    async with records.engine.begin() as connection:
        await connection.execute(update(SPENDINGS).values(created_at=datetime.now(UTC) - timedelta(days=1)))
    await reserved(ledger, ADA, 11, usd=0.1)


async def test_a_workspaces_callers_share_its_money(records: Records) -> None:
    ledger = Ledger(records, Caps(day_usd=0.1, caller_day_usd=0.1))
    wished: list[Any] = [reserved(ledger, (ADA, BOB)[number % 2], number) for number in range(6)]
    answers = await asyncio.gather(*wished, return_exceptions=True)
    assert sum(isinstance(answer, Expense) for answer in answers) == 2
    with pytest.raises(BudgetReached, match=r"for today are spent"):
        await ledger.check(BOB, 0.04)


async def test_whoever_sits_at_the_machine_has_all_of_it(records: Records) -> None:
    ledger = Ledger(records, Caps(caller_day_usd=0.01))
    assert await reserved(ledger, Account.of(LOCAL), 0)
    assert (await ledger.budget(Account.of(LOCAL))).own_day_cap_usd is None
