"""What image services are paid, one row for every picture that they are asked for. Rows are never taken away."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

from sqlalchemy import ColumnElement, func, insert, select, update

from safelight.domain.errors import BudgetReached
from safelight.domain.spending import Account, Budget, Caps, Expense, Spent
from safelight.store.records import Records
from safelight.store.schema import SPENDINGS

COUNTS = SPENDINGS.c.state != Spent.RELEASED.value
SENT = (Spent.OPEN.value, Spent.UNCERTAIN.value)


class Ledger:
    """The money of every workspace.

    Args:
        caps: what each of them may spend, and each caller.
    """

    def __init__(self, records: Records, caps: Caps | None = None) -> None:
        self._engine = records.engine
        self._caps = caps or Caps()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def budget(self, account: Account) -> Budget:
        """What a workspace and somebody in it have spent, and what they may."""
        now, theirs = datetime.now(UTC), SPENDINGS.c.workspace == account.workspace
        return Budget(
            day_usd=await self._spent(theirs, since=_midnight(now)),
            month_usd=await self._spent(theirs, since=_first(now)),
            day_cap_usd=self._caps.day_usd,
            month_cap_usd=self._caps.month_usd,
            own_day_usd=await self._spent(SPENDINGS.c.caller == account.caller, since=_midnight(now)),
            own_day_cap_usd=self._caps.caller_day_usd if account.limited else None,
        )

    async def check(self, account: Account, usd: float | None) -> None:
        """Whether so much may be spent now; None where nobody knows how much it will be.

        Raises:
            BudgetReached: it may not; `retry_after` is when the day or the month is over.
        """
        if not self._caps.any:
            return
        if usd is None:
            raise BudgetReached(
                "This workspace has a budget, and nobody here knows what this model costs.",
                hint="Whoever runs the server says so in prices.json: docs/how-to/providers.md.",
                retry_after=3600,
            )
        now, budget = datetime.now(UTC), await self.budget(account)
        day, month = _midnight(now) + timedelta(days=1), _first(_first(now) + timedelta(days=32))
        for spent, cap, over, name in (
            (budget.day_usd, budget.day_cap_usd, day, "today"),
            (budget.month_usd, budget.month_cap_usd, month, "this month"),
            (budget.own_day_usd, budget.own_day_cap_usd, day, "you and today"),
        ):
            # What a service asks for nothing does no harm, whatever was spent.
            if cap is not None and usd > 0 and spent + usd > cap + 1e-9:
                raise BudgetReached(
                    f"This would cost ${usd:.4f}, and ${spent:.2f} of the ${cap:.2f} for {name} are spent.",
                    hint="Draw with this machine's own models, or wait until the next begins (UTC).",
                    retry_after=(over - now).total_seconds(),
                )

    async def reserve(
        self, *, account: Account, provider: str, model: str, generation: str, picture: int, usd: float | None
    ) -> Expense:
        """Put money aside for one picture, or find what was put aside for it and may have been spent.

        Raises:
            BudgetReached: there is not that much left. Several servers at once may go over it by a picture each.
        """
        # Somebody may be in several workspaces. A workspace comes first, always: nobody waits for each other.
        async with self._lock(f"workspace {account.workspace}"), self._lock(f"caller {account.caller}"):
            earlier = await self._earlier(
                (SPENDINGS.c.generation == generation)
                & (SPENDINGS.c.picture == picture)
                & (SPENDINGS.c.provider == provider)
                & SPENDINGS.c.state.in_(SENT)
            )
            if earlier is not None:
                return earlier
            await self.check(account, usd)
            expense = Expense(id=f"exp_{secrets.token_hex(12)}", usd=usd or 0.0)
            row = {
                "id": expense.id,
                "created_at": datetime.now(UTC),
                "workspace": account.workspace,
                "caller": account.caller,
                "provider": provider,
                "model": model,
                "generation": generation,
                "picture": picture,
                "usd": expense.usd,
                "state": Spent.OPEN.value,
            }
            async with self._engine.begin() as connection:
                await connection.execute(insert(SPENDINGS).values(row))
            return expense

    async def hold(self, expense: str, *, handle: str) -> None:
        """Note by what the service knows it."""
        await self._change(expense, handle=handle)

    async def settle(self, expense: str, state: Spent, *, usd: float | None = None) -> None:
        """What became of it, and what it really was, where that is known."""
        await self._change(expense, state=state.value, **({} if usd is None else {"usd": usd}))

    async def paid(self, generation: str) -> float:
        """What a generation cost, in US dollars, as far as that is known."""
        query = select(func.sum(SPENDINGS.c.usd)).where(COUNTS, SPENDINGS.c.generation == generation)
        async with self._engine.connect() as connection:
            return float((await connection.execute(query)).scalar() or 0)

    def _lock(self, whose: str) -> asyncio.Lock:
        return self._locks.setdefault(whose, asyncio.Lock())

    async def _spent(self, theirs: ColumnElement[bool], *, since: datetime) -> float:
        query = select(func.sum(SPENDINGS.c.usd)).where(COUNTS, theirs, SPENDINGS.c.created_at >= since)
        async with self._engine.connect() as connection:
            spent = (await connection.execute(query)).scalar()
        return round(float(spent or 0), 6)

    async def _earlier(self, condition: ColumnElement[bool]) -> Expense | None:
        query = select(SPENDINGS).where(condition).order_by(SPENDINGS.c.created_at.desc())
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else Expense(id=row["id"], usd=row["usd"], handle=row["handle"], resumed=True)

    async def _change(self, expense: str, **changes: object) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(update(SPENDINGS).where(SPENDINGS.c.id == expense).values(**changes))


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _first(now: datetime) -> datetime:
    return _midnight(now).replace(day=1)
