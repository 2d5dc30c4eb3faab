"""Engines on Ray keep the contract of every provider, and what a lost replica had begun another finishes.

One cluster for all of it: starting one takes longer than all that is asked of it.
"""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

import pytest

from safelight.domain.progress import Paused, Progress, Remark, Steered, Step
from safelight.domain.steering import Turn
from safelight.jobs.turning import turned
from safelight.scale.plan import Plan
from safelight.scale.provider import RayProvider
from tests.contract import test_providers as contract
from tests.contract.test_providers import draw, drawn, settled, steps
from tests.orders import order

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.timeout(300),
    # Ray's own, in its threads and at its end.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
PLAN = Plan(model="fake", fake_step_s=0.01, cpus=0.5, least=2, most=2, preview_s=0)

for _name in [name for name in dir(contract) if name.startswith("test_")]:
    globals()[_name] = getattr(contract, _name)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    if os.environ.get("CI") is None:
        pytest.importorskip("ray", reason="there is no Ray: pip install 'safelight[ray]'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("RAY_worker_niceness", "0")
        import ray
        from ray import serve

        from safelight.scale.app import deploy

        # `local`: one of its own, whatever cluster this machine belongs to.
        ray.init("local", num_cpus=4, include_dashboard=False, object_store_memory=100 * 2**20, log_to_driver=False)
        try:
            serve.start(proxy_location="Disabled")
            deploy(PLAN)
            yield
        finally:
            serve.shutdown()
            ray.shutdown()


@pytest.fixture
async def provider(cluster: None) -> AsyncGenerator[RayProvider, None]:
    made = RayProvider()
    await made.open()
    async with asyncio.timeout(120):
        while made.ready() is not None:  # noqa: ASYNC110 - the contract has no other way to wait
            await asyncio.sleep(0.05)
    yield made
    await made.close(leaving=False)


def kill(provider: RayProvider, key: str) -> None:
    """The replica that draws it, without asking."""
    os.kill(int((provider.drawn_by(key) or "").split("-")[-2]), signal.SIGKILL)


async def test_what_a_killed_replica_had_begun_comes_to_the_same_picture(provider: RayProvider) -> None:
    recipe = settled(provider, steps=120, count=2)
    undisturbed = {one.picture: one.image.data for one in drawn(await draw(provider, recipe))}
    wanted, said = order(recipe), list[Progress]()
    async with asyncio.timeout(120), aclosing(provider.generate(wanted)) as progress:
        async for news in progress:
            said.append(news)
            if isinstance(news, Step) and news.picture == 0 and news.step == 30:
                kill(provider, wanted.key)
    assert {one.picture: one.image.data for one in drawn(said)} == undisturbed
    for picture in (0, 1):
        assert [one.step for one in steps(said) if one.picture == picture] == list(range(1, 121))
    assert [one.code for one in said if isinstance(one, Remark)] == ["went_on"]


async def test_what_was_asked_of_a_lost_replica_is_asked_again(provider: RayProvider) -> None:
    wanted = order(settled(provider, steps=150))
    async with asyncio.timeout(120), aclosing(provider.generate(wanted)) as progress:
        await contract.after(progress, 3)
        provider.steer(wanted.key, Turn(prompt="a blue cat"), images={})
        provider.pause(wanted.key)
        said: list[Progress] = []
        while not isinstance(news := await anext(progress), Paused):
            said.append(news)
        kill(provider, wanted.key)
        provider.resume(wanted.key)
        said += [one async for one in progress]
    turn = next(one for one in said if isinstance(one, Steered))
    assert [one for one in said if isinstance(one, Paused)] == [Paused(paused=False)]
    again = drawn(await draw(provider, turned(wanted.recipe, turn)))[0].image.data
    assert drawn(said)[0].image.data == again


async def test_whoever_stops_listening_frees_the_replica(provider: RayProvider) -> None:
    async with aclosing(provider.generate(order(settled(provider, steps=150)))) as progress:
        await contract.after(progress, 2)
    engine = provider.engine("fake")
    async with asyncio.timeout(30):
        while any([(await engine.record_autoscaling_stats.remote())["evaluations"] for _ in range(8)]):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
