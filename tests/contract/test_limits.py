"""One suite for both places where requests are counted: this process, and Redis."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator

import pytest

from safelight.accounts.limits import Bucket, Limits, Storage, in_redis, tenfold
from safelight.domain.errors import LimitReached, Misconfigured, Unreachable

pytestmark = pytest.mark.anyio

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
MEMORY, SERVER = "memory", "redis"


@pytest.fixture(params=[MEMORY, SERVER])
async def storage(request: pytest.FixtureRequest) -> AsyncIterator[Storage | None]:
    if request.param == MEMORY:
        yield None
        return
    made = in_redis(REDIS, prefix=f"safelight-test-{secrets.token_hex(6)}")
    if not await made.check():
        if os.environ.get("CI"):
            pytest.fail(f"no Redis answers at {REDIS}")
        pytest.skip(f"no Redis answers at {REDIS} (TEST_REDIS_URL names another)")
    yield made
    await made.reset()
    await Limits({}, storage=made).close()


async def test_as_many_as_allowed_and_not_one_more(storage: Storage | None) -> None:
    limits = Limits({Bucket.REQUESTS: "100/15minutes"}, storage=storage)
    answers = await asyncio.gather(*(limits.hit(Bucket.REQUESTS, "me") for _ in range(120)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, LimitReached)]
    assert (len(answers) - len(refused), len(refused)) == (100, 20)
    assert all(880 <= one.retry_after <= 900 for one in refused)
    assert await limits.hit(Bucket.REQUESTS, "somebody else")
    assert await limits.hit(Bucket.MEDIA, "me") is None


async def test_it_says_how_many_are_left_and_until_when(storage: Storage | None) -> None:
    limits = Limits({Bucket.REQUESTS: "5/minute"}, storage=storage)
    told = [await limits.hit(Bucket.REQUESTS, "me") for _ in range(3)]
    assert [one.remaining for one in told if one] == [4, 3, 2]
    assert told[0] is not None
    headers = told[0].headers()
    assert headers["RateLimit-Policy"] == '"requests";q=5;w=60'
    assert headers["RateLimit"] in ('"requests";r=4;t=60', '"requests";r=4;t=59')


async def test_what_is_told_to_wait_for_is_true(storage: Storage | None) -> None:
    limits = Limits({Bucket.REQUESTS: "2/1second"}, storage=storage)
    await limits.hit(Bucket.REQUESTS, "me")
    await limits.hit(Bucket.REQUESTS, "me")
    with pytest.raises(LimitReached) as refused:
        await limits.hit(Bucket.REQUESTS, "me")
    await asyncio.sleep(refused.value.retry_after + 0.05)
    assert await limits.hit(Bucket.REQUESTS, "me")


async def test_what_is_forgotten_counts_no_more(storage: Storage | None) -> None:
    limits = Limits({Bucket.SIGN_INS: "1/hour"}, storage=storage)
    await limits.hit(Bucket.SIGN_INS, "me")
    await limits.forget(Bucket.SIGN_INS, "me")
    assert await limits.hit(Bucket.SIGN_INS, "me")


async def test_two_servers_count_together_in_redis_only(storage: Storage | None) -> None:
    one, other = (Limits({Bucket.REQUESTS: "1/hour"}, storage=storage) for _ in range(2))
    await one.hit(Bucket.REQUESTS, "me")
    if storage is None:
        assert await other.hit(Bucket.REQUESTS, "me")
    else:
        with pytest.raises(LimitReached):
            await other.hit(Bucket.REQUESTS, "me")


async def test_a_redis_that_is_not_there_is_told() -> None:
    storage = in_redis("redis://127.0.0.1:1/0")
    limits = Limits({Bucket.REQUESTS: "1/hour"}, storage=storage)
    with pytest.raises(Unreachable):
        await limits.hit(Bucket.REQUESTS, "me")
    await limits.close()


def test_an_address_that_is_none_is_told_without_its_password() -> None:
    with pytest.raises(Misconfigured) as refused:
        in_redis("nonsense://:hidden@nowhere:x")
    assert "hidden" not in str(refused.value)


def test_ten_times_as_many() -> None:
    assert tenfold("10/15minutes") == "100/900seconds"
