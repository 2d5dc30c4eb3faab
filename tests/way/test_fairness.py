"""Nobody waits for a hundred of somebody else's generations."""

import asyncio
from datetime import datetime

import pytest

from tests.way.reader import GENERATIONS, heard, submitted
from tests.way.test_access import Open, settle

__all__ = ["settle"]
pytestmark = pytest.mark.anyio


async def test_one_of_mine_waits_for_one_of_somebody_elses(settle: Open) -> None:
    place = settle(running_pictures=1)
    async with place.client("creator") as heavy, place.client("admin") as light, place.client("stranger") as elsewhere:
        many = [await submitted(heavy, steps=4) for _ in range(30)]
        ones = [(client, await submitted(client, steps=4)) for client in (light, elsewhere)]
        async with asyncio.timeout(20):
            for client, one in ones:
                assert (await heard(client, one))[-1].kind == "finished"
        states = [(await heavy.get(f"{GENERATIONS}/{generation}")).json() for generation in many]
        last = max([datetime.fromisoformat((await c.get(f"{GENERATIONS}/{g}")).json()["ended_at"]) for c, g in ones])
        before = [one for one in states if one["ended_at"] and datetime.fromisoformat(one["ended_at"]) <= last]
        # Those that ran while the thirty were sent, and one that went between.
        first = min([datetime.fromisoformat((await c.get(f"{GENERATIONS}/{g}")).json()["created_at"]) for c, g in ones])
        during = [one for one in before if datetime.fromisoformat(one["ended_at"]) > first]
        assert len(during) <= 3
        assert sum(one["state"] == "queued" for one in states) >= 10
        for generation in many:
            await heavy.delete(f"{GENERATIONS}/{generation}")
