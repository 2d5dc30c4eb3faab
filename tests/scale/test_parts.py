"""The parts of the Ray deployment that need no Ray."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from safelight.domain.errors import Misconfigured
from safelight.domain.order import Order
from safelight.domain.pixels import Pixels
from safelight.domain.progress import Drawn, Paused, Remark, Step
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Turn
from safelight.providers.fake import CARD, FakeProvider, Moment
from safelight.providers.provider import Provider
from safelight.scale.autoscaling import EVALUATIONS, PER_SECOND, ByEvaluations, wanted
from safelight.scale.journey import Journey
from safelight.scale.mailroom import Mailroom
from safelight.scale.messages import Begun, Said
from safelight.scale.plan import Plan
from safelight.scale.replica import EngineReplica, Stalled
from tests.orders import order

pytestmark = pytest.mark.anyio
PIXELS = Pixels(b"png", "image/png", 1, 1)


class Nobody:
    """A handle to a mailroom that does not answer."""

    def options(self, **_: object) -> "Nobody":
        return self

    @property
    def listen(self) -> "Nobody":
        return self

    def remote(self, _: str) -> Any:
        raise RuntimeError("nobody is there")


class Held(Plan):
    """A plan whose engine takes no step until it is let."""

    def provider(self) -> Provider:
        return FakeProvider(hold=HOLD[0])


HOLD: list[asyncio.Event] = []


def some(**fields: object) -> Order:
    return order(CARD.settle(Recipe.model_validate({"prompt": "a red dragon", "steps": 10, "seed": 7, **fields})))


def step(number: int, *, picture: int = 0) -> Step:
    return Step(picture=picture, step=number, total=10, sigma=1, ms=1, checkpoint=Moment(number + 1))


async def test_a_replica_that_has_work_and_takes_no_step_is_not_well() -> None:
    HOLD[:] = [asyncio.Event()]
    replica = EngineReplica(Held(model="fake", stalled_s=0.05), Nobody())
    await replica.check_health()
    progress = replica.draw(some())
    assert isinstance(await anext(progress), Begun)
    waiting = asyncio.ensure_future(anext(progress))
    await asyncio.sleep(0.2)
    with pytest.raises(Stalled, match="1 orders"):
        await replica.check_health()
    assert (await replica.record_autoscaling_stats())[EVALUATIONS] == 10
    HOLD[0].set()
    assert isinstance(await waiting, Step)
    await replica.check_health()
    await progress.aclose()
    await replica.close()


async def test_previews_are_fewer_than_steps_and_the_last_is_there() -> None:
    replica = EngineReplica(Plan(model="fake", fake_step_s=0, preview_s=60), Nobody())
    shown = [said.step for said in [one async for one in replica.draw(some())] if isinstance(said, Step) and said.frame]
    assert shown == [1, 10]
    await replica.close()


async def test_what_is_said_reaches_whoever_listens_and_nobody_else() -> None:
    mailroom, said = Mailroom(), Said(key="a", what=Turn(guidance=3), images={})
    assert not await mailroom.say("one", said)
    line = mailroom.listen("one")
    assert await anext(line) is None
    assert await mailroom.say("one", said) and not await mailroom.say("two", said)
    assert await anext(line) == said
    await line.aclose()
    assert not await mailroom.say("one", said)


def test_a_journey_tells_everything_once_and_goes_on_from_the_last_checkpoint() -> None:
    journey = Journey(some(count=2))
    for number in (1, 2, 3):
        assert journey.hear(step(number)) and journey.hear(step(number, picture=1))
    assert journey.hear(Drawn(picture=0, seed=0, image=PIXELS))
    journey.lose()
    assert journey.order.pictures == (1,) and journey.order.checkpoints[1].step == 4
    assert 0 not in journey.order.checkpoints
    assert journey.hear(step(3, picture=1)) is None and journey.hear(step(4, picture=1))
    remark = Remark(code="prompt_long", detail="It is cut.")
    assert journey.hear(remark) and journey.hear(remark) is None
    assert journey.hear(Drawn(picture=1, seed=1, image=PIXELS)) and journey.finished


def test_what_was_paused_is_paused_again_and_nobody_hears_it_twice() -> None:
    journey = Journey(some())
    journey.ask(Paused(), {})
    assert journey.hear(Paused())
    journey.lose()
    assert [asked.what for asked in journey.unanswered] == [Paused()]
    journey.ask(Paused(paused=False), {})
    assert journey.hear(Paused()) is None
    assert journey.hear(Paused(paused=False))


@dataclass
class Context:
    aggregated_metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    total_queued_requests: float | None = None


def test_replicas_go_by_the_evaluations_that_wait() -> None:
    assert (wanted(0, rate=10, target_s=30), wanted(301, rate=10, target_s=30)) == (0, 2)
    policy = ByEvaluations(target_s=10)
    metrics = {EVALUATIONS: {"a": 200.0, "b": 150.0}, PER_SECOND: {"a": 10.0, "b": 0.0}}
    assert policy(Context(metrics))[0] == 4
    assert policy(Context(metrics, total_queued_requests=8))[0] == 6
    assert policy(Context())[0] == 0


def test_every_default_that_matters_is_changed() -> None:
    options = Plan(model="fake", slots=8, waiting=20, longest_s=900).options()
    assert options["max_ongoing_requests"] == 12 and options["max_queued_requests"] == 20
    assert options["backpressure_config"]["status_code"] == 429
    assert options["graceful_shutdown_timeout_s"] == 900
    scaling = options["autoscaling_config"]
    assert 2 < scaling["target_ongoing_requests"] < 8
    assert scaling["upscale_delay_s"] < 30 and scaling["downscale_delay_s"] > 600


def test_a_wrong_argument_is_named() -> None:
    with pytest.raises(Misconfigured, match="slotz") as refused:
        Plan.read({"slotz": 3})
    assert "slots" in refused.value.hint
    assert Plan.read({"model": "/models/dream.safetensors", "slots": "4"}).app == "safelight-dream"
