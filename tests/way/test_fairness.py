"""Nobody waits for a hundred of somebody else's generations."""

import asyncio
from collections.abc import Collection
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from safelight.store.records import GenerationRecord, Records
from tests.way.conftest import connected
from tests.way.house import Plan, running
from tests.way.reader import GENERATIONS, heard, submitted
from tests.way.test_access import Open, settle
from tests.way.town import Town

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


def jain(shares: Collection[float]) -> float:
    """Jain's index of fairness: 1 where all have the same, one over their number where one has everything."""
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))


async def new_key(keeper: httpx2.AsyncClient, place: Town, name: str) -> dict[str, str]:
    wish = {"name": name, "workspace": place.ids["here"], "role": "creator"}
    return {"X-API-Key": (await keeper.post("/api/v1/keys", json=wish)).json()["secret"]}


async def kept(place: Town, generations: Collection[str]) -> tuple[GenerationRecord, ...]:
    records = await Records.open(f"sqlite+aiosqlite:///{place.server.plan.home}/safelight.db")
    found = await records.several(generations)
    await records.close()
    return found


async def test_a_key_with_a_hundred_and_ten_with_one_each_have_the_same_of_the_device(
    settle: Open, capsys: pytest.CaptureFixture[str]
) -> None:
    place = settle(running_pictures=1, waiting_limit=200, under_way=200, seconds_per_step=0.1)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        keeper, admin = await enter(place.client("keeper")), await enter(place.client("admin"))
        names = ("heavy", *(f"light {number}" for number in range(10)))
        keys = [await new_key(keeper, place, name) for name in names]
        heavy, *lights = [await enter(place.client(None, headers=key)) for key in keys]
        # Nothing begins before all are there: then what comes is the line's doing alone.
        first = await submitted(admin, steps=200)
        many = await asyncio.gather(*(submitted(heavy, steps=2) for _ in range(100)))
        ones = await asyncio.gather(*(submitted(light, steps=2) for light in lights))
        await admin.delete(f"{GENERATIONS}/{first}")
        async with asyncio.timeout(60):
            for light, one in zip(lights, ones, strict=True):
                assert (await heard(light, one, preview="codec:none"))[-1].kind == "finished"
        theirs = await kept(place, ones)
        last = max(one.ended_at for one in theirs if one.ended_at)
        began = max(one.started_at for one in theirs if one.started_at)
        so_far = [one for one in await kept(place, many) if one.started_at and one.started_at < began]
        assert len(so_far) <= 1, "somebody waited for more than one of the hundred"
        ended = [one for one in so_far if one.ended_at and one.ended_at <= last]
        seconds = [sum(one.device_s for one in ended), *(one.device_s for one in theirs)]
        # By what they asked for, too: how long a step took here and now is not the line's doing.
        work = [sum(one.recipe.work for one in ended), *(one.recipe.work for one in theirs)]
        with capsys.disabled():
            print(f"\nfairness: Jain's index {jain(seconds):.3f} by device-seconds, {jain(work):.3f} by work")  # noqa: T201
        assert jain(work) >= 0.9


async def waiting(client: httpx2.AsyncClient, prompts: str, **more: Any) -> dict[str, str]:
    return {prompt: await submitted(client, prompt=prompt, steps=2, **more) for prompt in prompts}


async def order(client: httpx2.AsyncClient, *generations: str) -> list[str]:
    """Their prompts, in the order in which they began."""
    shown = []
    for generation in generations:
        await heard(client, generation)
        shown.append((await client.get(f"{GENERATIONS}/{generation}")).json())
    return [one["recipe"]["prompt"] for one in sorted(shown, key=lambda one: str(one["started_at"]))]


async def test_what_is_urgent_goes_first_for_those_who_may(settle: Open) -> None:
    place = settle(running_pictures=1, seconds_per_step=0.05)
    async with place.client("creator") as creator, place.client("admin") as admin, place.client("keeper") as keeper:
        first = await submitted(creator, prompt="first", steps=20)
        low = await submitted(creator, prompt="low", steps=2, priority="low")
        some = await waiting(creator, "ab")
        refused = await creator.post(GENERATIONS, json={"prompt": "c", "priority": "high"})
        assert refused.status_code == 403 and "hurry" in refused.json()["hint"]
        assert (await creator.patch(f"{GENERATIONS}/{some['a']}", json={"priority": "high"})).status_code == 403
        # A key can be given the right, and so can one generation.
        wish = {"name": "quick", "workspace": place.ids["here"], "scopes": ["read", "create", "hurry"]}
        key = (await keeper.post("/api/v1/keys", json=wish)).json()["secret"]
        async with place.client(None, headers={"X-API-Key": key}) as quick:
            high = await submitted(quick, prompt="high", steps=2, priority="high")
            assert (await quick.get(f"{GENERATIONS}/{high}")).json()["priority"] == "high"
        raised = await admin.patch(f"{GENERATIONS}/{some['b']}", json={"priority": "high"})
        assert raised.status_code == 200 and raised.json()["priority"] == "high"
        begun = await admin.patch(f"{GENERATIONS}/{first}", json={"priority": "low"})
        assert begun.status_code == 409 and "already" in begun.json()["detail"]
        drawn = await order(creator, first, low, high, *some.values())
        assert drawn[0] == "first" and drawn[-2:] == ["a", "low"]
        assert sorted(drawn[1:-2]) == ["b", "high"]


async def test_ones_own_can_be_put_in_another_order_which_a_restart_keeps(tmp_path: Path) -> None:
    with running(Plan(home=tmp_path, running_pictures=1, seconds_per_step=0.05)) as server:
        async with connected(server) as client:
            first = await submitted(client, prompt="first", steps=100)
            some = await waiting(client, "abcd")
            for name, place in (("d", 0), ("a", 99)):
                moved = await client.patch(f"{GENERATIONS}/{some[name]}", json={"place": place})
                assert moved.status_code == 200, moved.text
            await client.patch(f"{GENERATIONS}/{some['c']}", json={"priority": "low", "place": 0})
            line = (await client.get(GENERATIONS, params={"state": "queued"})).json()["items"]
            positions = {one["recipe"]["prompt"]: one["position"] for one in line}
            assert positions == {"d": 0, "b": 1, "a": 2, "c": 3}
            assert (await client.get(f"{GENERATIONS}/{first}")).json()["position"] is None
            for wrong in ({"place": -1}, {"priority": "soon"}, {}):
                assert (await client.patch(f"{GENERATIONS}/{some['b']}", json=wrong)).status_code == 422
            assert (await client.patch(f"{GENERATIONS}/{first}", json={"place": 0})).status_code == 409
    with running(Plan(home=tmp_path, running_pictures=1, seconds_per_step=0.01)) as server:
        async with connected(server) as client:
            assert await order(client, first, *some.values()) == ["first", "d", "b", "a", "c"]
            assert (await client.patch(f"{GENERATIONS}/{some['a']}", json={"place": 0})).status_code == 409
