"""How much one caller may have."""

import asyncio
from collections.abc import Callable

import pytest

from safelight.accounts.limits import Bucket
from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS, heard, submitted
from tests.way.test_access import ME, SESSION, Open, settle
from tests.way.town import PASSWORD

__all__ = ["settle"]
pytestmark = pytest.mark.anyio
BATCHES = "/api/v1/batches"
FEW = {Bucket.REQUESTS: "3/15minutes", Bucket.MEDIA: "20/15minutes"}


async def test_a_key_has_so_many_requests_and_hears_how_many_are_left(settle: Open) -> None:
    place = settle(rates=FEW)
    async with place.client("viewer") as client, place.client("creator") as other:
        for left in (2, 1, 0):
            answer = await client.get("/api/v1/models")
            assert answer.headers["RateLimit"].startswith(f'"requests";r={left};t=')
            assert answer.headers["RateLimit-Policy"] == '"requests";q=3;w=900'
        refused = await client.get("/api/v1/models")
        assert refused.status_code == 429 and refused.json()["code"] == "limit_reached"
        assert 890 <= int(refused.headers["Retry-After"]) <= 900
        assert refused.headers["RateLimit"] == f'"requests";r=0;t={refused.headers["Retry-After"]}'
        assert refused.headers["RateLimit-Policy"] == '"requests";q=3;w=900'
        # Others are not in the way, nor is asking who one is, nor whether the server lives.
        assert (await other.get("/api/v1/models")).status_code == 200
        for path in (ME, "/health", "/ready"):
            assert (await client.get(path)).status_code == 200


async def test_following_a_generation_costs_no_requests(settle: Open) -> None:
    place = settle(rates=FEW)
    async with place.client("creator") as client:
        generation = await submitted(client, steps=3)
        events = await heard(client, generation)
        for event in events:
            if event.kind == "step":
                assert (await client.get(event.data["frame"]["url"])).headers["RateLimit"].startswith('"media"')
        picture = events[-1].data["pictures"][0]
        assert (await client.get(picture["url"])).status_code == 200
        for _ in range(5):
            assert (await client.get(f"{GENERATIONS}/{generation}")).status_code == 200
        assert (await client.get("/api/v1/models")).headers["RateLimit"].startswith('"requests";r=1')
        answers = [(await client.get(picture["url"])).status_code for _ in range(20)]
        assert answers[0] == 200 and answers[-1] == 429


async def test_looking_through_the_gallery_costs_no_requests(settle: Open) -> None:
    place = settle(rates=FEW)
    async with place.client("viewer") as client:
        for path in ("/api/v1/pictures", "/api/v1/pictures/tags", "/api/v1/pictures/folders", GENERATIONS):
            assert (await client.get(path)).headers["RateLimit"].startswith('"media"')


async def test_share_links_are_counted_by_address(settle: Open) -> None:
    place = settle(rates={Bucket.MEDIA: "2/15minutes"})
    async with place.client(None) as client, place.client("viewer") as viewer:
        for status in (404, 404, 429):
            answer = await client.get("/share/guessed")
            assert answer.status_code == status and answer.json()["hint"]
        assert (await viewer.get("/api/v1/pictures/pic_none/file")).status_code == 404


async def test_whoever_sits_here_is_not_counted(serve: Callable[..., Running]) -> None:
    async with connected(serve(rates=FEW)) as client:
        for _ in range(10):
            answer = await client.get("/api/v1/models")
            assert answer.status_code == 200 and "RateLimit" not in answer.headers


async def test_one_caller_has_so_many_under_way(settle: Open) -> None:
    place = settle(under_way=3, seconds_per_step=0.2)
    async with place.client("creator") as client, place.client("admin") as other:
        made = [client.post(GENERATIONS, json={"prompt": "a", "steps": 50}) for _ in range(20)]
        answers = await asyncio.gather(*made)
        assert sorted(answer.status_code for answer in answers) == [202] * 3 + [429] * 17
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert int(refused.headers["Retry-After"]) >= 1 and "under way" in refused.json()["detail"]
        assert (await other.post(GENERATIONS, json={"prompt": "a", "steps": 1})).status_code == 202
        first = next(answer for answer in answers if answer.status_code == 202).json()["id"]
        await client.delete(f"{GENERATIONS}/{first}")
        assert (await client.post(GENERATIONS, json={"prompt": "a", "steps": 1})).status_code == 202


async def test_the_same_request_many_times_at_once_is_one_and_takes_one_place(settle: Open) -> None:
    place = settle(under_way=1, seconds_per_step=0.05)
    async with place.client("creator") as client:
        key = {"Idempotency-Key": "k"}
        recipe = {"prompt": "a", "steps": 50}
        answers = await asyncio.gather(*(client.post(GENERATIONS, json=recipe, headers=key) for _ in range(10)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["id"] for answer in answers}) == 1


async def test_one_caller_does_not_fill_the_line(settle: Open) -> None:
    place = settle(of_line=0.5, waiting_limit=4, running_pictures=1, seconds_per_step=0.2)
    async with place.client("creator") as client, place.client("admin") as other:
        statuses = []
        for _ in range(4):
            answer = await client.post(GENERATIONS, json={"prompt": "a", "steps": 50})
            statuses.append(answer.status_code)
            # Let the first one begin.
            await asyncio.sleep(0.2)
        assert statuses == [202, 202, 202, 429]
        assert (await other.post(GENERATIONS, json={"prompt": "a", "steps": 1})).status_code == 202


async def test_a_day_has_so_many_seconds(settle: Open) -> None:
    place = settle(device_s_a_day=0.05, seconds_per_step=0.03)
    async with place.client("creator") as client, place.client("admin") as other:
        await client.post(GENERATIONS, json={"prompt": "a", "steps": 4}, headers={"Prefer": "wait=20"})
        refused = await client.post(GENERATIONS, json={"prompt": "a", "steps": 1})
        assert refused.status_code == 429 and "seconds of the device" in refused.json()["detail"]
        assert 1 <= int(refused.headers["Retry-After"]) <= 24 * 3600
        assert (await other.post(GENERATIONS, json={"prompt": "a", "steps": 1})).status_code == 202


async def test_a_workspace_has_so_many_seconds_a_day_together(settle: Open) -> None:
    place = settle(workspace_device_s_a_day=0.05, seconds_per_step=0.03)
    async with place.client("creator") as client, place.client("admin") as same, place.client("stranger") as other:
        await client.post(GENERATIONS, json={"prompt": "a", "steps": 4}, headers={"Prefer": "wait=20"})
        for one in (client, same):
            refused = await one.post(GENERATIONS, json={"prompt": "a", "steps": 1})
            assert refused.status_code == 429 and "This workspace has used" in refused.json()["detail"]
            assert 1 <= int(refused.headers["Retry-After"]) <= 24 * 3600
        assert (await other.post(GENERATIONS, json={"prompt": "a", "steps": 1})).status_code == 202


async def test_guessing_passwords_ends_soon_and_only_for_who_guesses(settle: Open) -> None:
    rates = {Bucket.SIGN_INS: "2/15minutes", Bucket.STRANGERS: "6/15minutes"}
    place = settle(rates=rates, trusted_proxies=("127.0.0.1",))
    right, wrong = ({"user": "ada", "password": word} for word in (PASSWORD, "wrong"))

    async def tries(wish: dict[str, str], address: str) -> int:
        async with place.client(None, headers={"X-Forwarded-For": f"198.51.100.1, {address}"}) as client:
            return (await client.post(SESSION, json=wish)).status_code

    assert [await tries(wrong, "203.0.113.1") for _ in range(3)] == [401, 401, 429]
    assert await tries(right, "203.0.113.1") == 429
    # From elsewhere one may; what was right is not counted against the name.
    assert [await tries(right, "203.0.113.2") for _ in range(4)] == [200] * 4
    # What a client writes before the proxy's own address is not believed.
    assert await tries({"key": "sl_wrong"}, "203.0.113.1") == 401
    assert await tries({"key": "sl_wrong"}, "203.0.113.1") == 401
    assert await tries({"key": "sl_wrong"}, "203.0.113.1") == 429


async def test_a_batch_goes_by_the_limits_of_whoever_asked_for_it(settle: Open) -> None:
    place = settle(under_way=2, seconds_per_step=0.01)
    async with place.client("creator") as client:
        wish = {"recipes": [{"prompt": str(number), "steps": 1} for number in range(4)]}
        batch = (await client.post(BATCHES, json=wish)).json()["id"]
        async with asyncio.timeout(20):
            while (shown := (await client.get(f"{BATCHES}/{batch}")).json())["ended_at"] is None:
                assert sum(shown["counts"][state] for state in ("queued", "running")) <= 2
                await asyncio.sleep(0.05)
        assert shown["counts"]["finished"] == 4


async def test_one_caller_has_so_many_batches(settle: Open) -> None:
    place = settle(seconds_per_step=5)
    async with place.client("creator") as client, place.client("stranger") as other:
        wish = {"recipes": [{"prompt": "a", "steps": 50}]}
        answers = [await client.post(BATCHES, json=wish) for _ in range(21)]
        assert [answer.status_code for answer in answers] == [202] * 20 + [429]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert (await other.post(BATCHES, json=wish)).status_code == 202
        await client.delete(answers[0].json()["links"]["self"])
        assert (await client.post(BATCHES, json=wish)).status_code == 202
