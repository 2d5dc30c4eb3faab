"""What one caller may have of a server that others want too."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

from safelight.domain.access import Access
from safelight.domain.errors import LimitReached
from safelight.domain.generation import State
from safelight.jobs.line import Line
from safelight.store.records import Records


@dataclass(frozen=True, kw_only=True)
class Quotas:
    """Looked at when a generation is accepted. Who has not to be limited is not.

    Attributes:
        under_way: generations of a caller that may not have ended yet.
        of_line: part of the line that those of one caller may stand in, from 0 to 1.
        device_s_a_day: seconds of model evaluations; None for as many as there are.
        workspace_device_s_a_day: the same, of all callers of a workspace together.
    """

    records: Records
    under_way: int = 32
    of_line: float = 0.5
    device_s_a_day: float | None = None
    workspace_device_s_a_day: float | None = None
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary, init=False, repr=False)

    @asynccontextmanager
    async def of(self, access: Access, line: Line) -> AsyncIterator[None]:
        """Hold a caller's share while a generation of theirs is being accepted.

        Raises:
            LimitReached: they have as much as they may; `retry_after` is when they will have less.
        """
        if not access.limited:
            yield
            return
        # One after the other: of fifty requests at once, each has to see what became of those before.
        async with self._locks.setdefault(access.caller, asyncio.Lock()):
            await self._check_line(access.caller, line)
            await self._check_day(access)
            yield

    async def _check_line(self, caller: str, line: Line) -> None:
        counts = await self.records.under_way(caller)
        if counts.total() >= self.under_way:
            raise LimitReached(
                f"You have {counts.total()} generations under way, which is as many as one caller may have here.",
                hint="Wait for one to end, or cancel one.",
                retry_after=line.seconds_per_generation,
            )
        places = max(1, math.floor(self.of_line * line.waiting_limit))
        if counts[State.QUEUED] >= places:
            raise LimitReached(
                f"{counts[State.QUEUED]} of your generations wait already; the rest of the line is for others.",
                hint="Wait until one of them has begun.",
                retry_after=line.seconds_per_generation,
            )

    async def _check_day(self, access: Access) -> None:
        now = datetime.now(UTC)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        for limit, who, whose in (
            (self.device_s_a_day, "You have", {"caller": access.caller}),
            (self.workspace_device_s_a_day, "This workspace has", {"workspace": access.workspace}),
        ):
            if limit is None:
                continue
            spent = await self.records.device_seconds(**whose, since=midnight)
            if spent >= limit:
                raise LimitReached(
                    f"{who} used {spent:.0f} of today's {limit:.0f} seconds of the device.",
                    hint="The day ends at midnight, UTC.",
                    retry_after=(midnight + timedelta(days=1) - now).total_seconds(),
                )
