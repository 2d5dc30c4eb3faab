"""What every image service elsewhere promises. Its real client runs against a server that speaks its protocol."""

import asyncio
import logging
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from safelight.domain.access import HOME, LOCAL
from safelight.domain.errors import (
    BudgetReached,
    Interrupted,
    NotAllowed,
    NotReady,
    SafelightError,
    ServiceFailed,
    Unreachable,
    Unsupported,
)
from safelight.domain.model_card import Capability
from safelight.domain.order import Order
from safelight.domain.pixels import FrameSource
from safelight.domain.progress import Drawn, Progress, Remark, Rerouted, Step
from safelight.domain.recipe import Recipe
from safelight.domain.spending import Account, Caps
from safelight.providers.directory import Providers
from safelight.providers.fake import FakeProvider
from safelight.providers.opening import services
from safelight.providers.remote import RemoteProvider
from safelight.settings import Settings
from safelight.store.database import connect
from safelight.store.ledger import Ledger
from safelight.store.records import Records
from safelight.store.vault import SealedVault
from tests.orders import order
from tests.upstreams import bedrock, comfyui, google, huggingface, openai, replicate
from tests.upstreams.stage import SECRET, Play, Stage, serving

pytestmark = pytest.mark.anyio

QUIET_S = 30.0
PATIENT_S = 10.0
HERE = Account.of(LOCAL)
KEY = SecretStr(SECRET)


@dataclass(frozen=True)
class Case:
    """A service, as the tests know it.

    Attributes:
        app: the server that stands for it.
        settings: that point to the server.
        handles: it can be asked later for what was begun.
        free: nothing is paid.
        refuses: it has rules of its own about what it draws.
        previews: what the last preview of a picture shows.
        service: its name in the settings, where that is another one.
    """

    app: Callable[[Stage], Starlette]
    settings: Callable[[str], dict[str, Any]]
    handles: bool = False
    free: bool = False
    refuses: bool = True
    previews: FrameSource = FrameSource.PLACEHOLDER
    service: str = ""


CASES = {
    "openai": Case(
        openai.app, lambda url: {"openai_url": url, "openai_key": KEY}, previews=FrameSource.PROVIDER_PARTIAL
    ),
    "azure": Case(
        openai.app,
        lambda url: {"azure_endpoint": url, "azure_key": KEY, "azure_deployments": ("mine=gpt-image-1.5",)},
        previews=FrameSource.PROVIDER_PARTIAL,
    ),
    "comfyui": Case(
        comfyui.app,
        lambda url: {"comfyui_url": url, "comfyui_token": KEY},
        handles=True,
        free=True,
        refuses=False,
        previews=FrameSource.DENOISE,
    ),
    "huggingface": Case(huggingface.app, lambda url: {"huggingface_url": f"{url}/mine", "huggingface_token": KEY}),
    "replicate": Case(
        replicate.app,
        lambda url: {"replicate_url": url, "replicate_token": KEY},
        handles=True,
    ),
    "bedrock": Case(
        bedrock.app,
        lambda url: {"bedrock_endpoint": url, "bedrock_key_id": SecretStr("AKIATEST"), "bedrock_secret_key": KEY},
    ),
    "google": Case(google.app, lambda url: {"google_url": url, "vertex_project": "mine", "vertex_token": KEY}),
    "gemini": Case(google.app, lambda url: {"google_url": url, "google_key": KEY}, service="google"),
}
KEYLESS = ("comfyui", "bedrock")
"""They can do without: one may need none, the other may be given them by the machine it runs on."""


def only(names: Iterable[str]) -> pytest.MarkDecorator:
    """Of the services, these."""
    return pytest.mark.parametrize("case", list(names), indirect=True)


@dataclass
class Bench:
    """A provider, the server behind it, and who keeps the money."""

    case: Case
    stage: Stage
    provider: RemoteProvider
    ledger: Ledger
    vault: SealedVault
    more: dict[str, Any] = field(default_factory=dict)

    def settled(self, **fields: object) -> Recipe:
        card = self.provider.models()[0]
        return card.settle(Recipe.model_validate({"prompt": "a red dragon", "seed": 7, **fields}))

    async def draw(self, recipe: Recipe | None = None, **more: Any) -> list[Progress]:
        wanted = order(recipe or self.settled(), **more)
        async with asyncio.timeout(60), aclosing(self.provider.generate(wanted)) as progress:
            return [news async for news in progress]

    async def idle(self) -> None:
        """Until nothing runs upstream any more."""
        async with asyncio.timeout(30):
            while self.stage.running:  # noqa: ASYNC110 - the server is in another thread
                await asyncio.sleep(0.01)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database on the newest schema, to be copied: that is faster than making one for every test."""
    path = tmp_path_factory.mktemp("empty") / "safelight.db"

    async def make() -> None:
        await (await Records.open(f"sqlite+aiosqlite:///{path}")).close()

    asyncio.run(make())
    return path


@pytest.fixture
async def records(empty_database: Path, tmp_path: Path) -> AsyncIterator[Records]:
    shutil.copy(empty_database, tmp_path / "safelight.db")
    kept = Records(await connect(f"sqlite+aiosqlite:///{tmp_path / 'safelight.db'}"))
    yield kept
    await kept.close()


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, Case]:
    return request.param, CASES[request.param]


@pytest.fixture
def stage(case: tuple[str, Case]) -> Iterator[Stage]:
    made = Stage()
    with serving(case[1].app(made), made):
        yield made


@pytest.fixture
async def bench(case: tuple[str, Case], stage: Stage, records: Records, tmp_path: Path) -> AsyncIterator[Bench]:
    made = await opened(case, stage, records, tmp_path)
    yield made
    await made.provider.close()


async def opened(
    case: tuple[str, Case], stage: Stage, records: Records, home: Path, *, caps: Caps | None = None, **more: Any
) -> Bench:
    name, about = case
    settings = Settings(
        home=home,
        providers=(about.service or name,),
        provider_first_wait_s=0.01,
        **{"provider_quiet_s": PATIENT_S, **about.settings(stage.url), **more},
    )
    ledger, vault = Ledger(records, caps), SealedVault(records, home=home)
    (provider,) = services(settings, purse=ledger, vault=vault, library=home)
    await provider.open()
    async with asyncio.timeout(10):
        while not provider.models():  # noqa: ASYNC110 - there is no other way to wait
            await asyncio.sleep(0.01)
    return Bench(about, stage, provider, ledger, vault)


def drawn(news: list[Progress]) -> list[Drawn]:
    return [said for said in news if isinstance(said, Drawn)]


async def spent(bench: Bench) -> float:
    return (await bench.ledger.budget(HERE)).day_usd


async def test_a_text_becomes_a_picture_whose_bytes_are_the_services_own(bench: Bench) -> None:
    news = await bench.draw()
    (one,) = drawn(news)
    assert one.image.data == bench.stage.picture
    assert one.sealed and one.seed == 7 and one.image.media_type == "image/png"
    assert len(bench.stage.asked) == 1
    steps = [said for said in news if isinstance(said, Step)]
    assert [step.step for step in steps] == sorted({step.step for step in steps})
    assert steps[-1].step == steps[-1].total
    shown = [step for step in steps if step.frame is not None]
    assert shown[0].source is FrameSource.PLACEHOLDER
    assert shown[-1].source is bench.case.previews
    assert bench.provider.drawing == 0


async def test_every_model_says_who_draws_it_what_it_costs_and_what_it_cannot(bench: Bench) -> None:
    for card in bench.provider.models():
        assert card.id.startswith(f"{bench.provider.name}/") and card.provider == bench.provider.name
        assert card.description
        assert Capability.TEXT in card.capabilities and Capability.STEERING not in card.capabilities
        assert bench.case.free or (card.price_usd or 0) > 0
        settled = card.settle(Recipe(prompt="x"))
        assert card.settle(settled) == settled
        estimate = bench.provider.estimate(settled)
        assert estimate.price_usd == (0 if bench.case.free else pytest.approx(card.price_usd))


async def test_what_it_cannot_do_is_refused_before_anything_is_sent(bench: Bench) -> None:
    image = "img_" + "0" * 64
    for wish in (
        {"prompt_image": {"image": image}},
        {"stop_after": 3},
        {"steering": [{"step": 2, "prompt": "x"}]},
        {"ip_adapter": {"id": "x", "image": image}},
    ):
        with pytest.raises(Unsupported) as refused:
            bench.settled(**wish)
        assert refused.value.hint
    fixed = bench.provider.models()[0].fixed
    for name, value in {"steps": 37, "negative_prompt": "rain", "sampler": "heun"}.items():
        if name in fixed:
            with pytest.raises(Unsupported):
                bench.settled(**{name: value})
    assert bench.stage.asked == []


async def test_cancelling_leaves_nothing_running_there(bench: Bench) -> None:
    bench.stage.play = Play.SLOW
    async with asyncio.timeout(60), aclosing(bench.provider.generate(order(bench.settled()))) as progress:

        async def listen() -> None:
            async for _ in progress:
                pass

        listening = asyncio.create_task(listen())
        while not bench.stage.running:  # noqa: ASYNC110 - the server is in another thread
            await asyncio.sleep(0.01)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    await bench.idle()
    assert bench.provider.drawing == 0
    # It may have to be paid.
    assert bench.case.free or await spent(bench) > 0
    bench.stage.play = Play.FINE
    assert drawn(await bench.draw())


async def test_too_much_to_do_is_asked_again_no_sooner_than_it_wishes(bench: Bench) -> None:
    bench.stage.play, bench.stage.retry_after = Play.THROTTLED_ONCE, "0.6"
    assert drawn(await bench.draw())
    first, second = bench.stage.times
    assert second - first >= 0.6


async def test_too_much_to_do_for_too_long_is_told_and_costs_nothing(bench: Bench) -> None:
    bench.stage.play = Play.THROTTLED
    with pytest.raises(Unreachable):
        await bench.draw()
    assert len(bench.stage.asked) == 4
    assert await spent(bench) == 0


async def test_a_failure_there_is_not_sent_twice_and_another_goes_on_with_it(bench: Bench) -> None:
    bench.stage.play = Play.FAILS
    fake = FakeProvider(seconds_per_step=0)
    await fake.open()
    providers = Providers([bench.provider, fake])
    recipe = bench.settled(provider=[bench.provider.name, "fake"])
    async with aclosing(providers.draw(order(recipe))) as progress:
        news = [said async for said in progress]
    assert len(bench.stage.asked) == 1
    (rerouted,) = (said for said in news if isinstance(said, Rerouted))
    assert rerouted.provider == "fake" and rerouted.recipe.model == "fake"
    assert bench.provider.service.title in rerouted.detail and "Fake sprite" in rerouted.detail
    assert len(drawn(news)) == 1 and not drawn(news)[0].sealed
    assert await spent(bench) == 0


async def test_several_failures_in_a_row_give_it_a_rest(bench: Bench) -> None:
    bench.stage.play = Play.FAILS
    for _ in range(5):
        with pytest.raises(ServiceFailed):
            await bench.draw()
    assert bench.provider.ready()
    with pytest.raises(Unreachable):
        await bench.draw()
    with pytest.raises(Unreachable):
        await bench.provider.admit(bench.settled(), account=HERE)
    assert len(bench.stage.asked) == 5


async def test_a_spent_budget_refuses_before_anything_is_sent(
    case: tuple[str, Case], stage: Stage, records: Records, tmp_path: Path
) -> None:
    bench = await opened(case, stage, records, tmp_path, caps=Caps(day_usd=0.0001))
    recipe = bench.settled()
    if case[1].free:
        assert drawn(await bench.draw(recipe))
    else:
        with pytest.raises(BudgetReached) as told:
            await bench.provider.admit(recipe, account=HERE)
        assert 0 < told.value.retry_after <= 86400
        with pytest.raises(BudgetReached):
            await bench.draw(recipe)
        assert stage.asked == []
    await bench.provider.close()


@pytest.mark.parametrize("play", [Play.MALFORMED, Play.TRUNCATED, Play.NO_PICTURE])
async def test_an_answer_that_cannot_be_used_is_told_and_not_paid_for_again(bench: Bench, play: Play) -> None:
    bench.stage.play = play
    with pytest.raises(ServiceFailed) as told:
        await bench.draw()
    assert bench.provider.service.title in told.value.detail and told.value.hint and told.value.retryable
    assert len(bench.stage.asked) == 1
    assert bench.case.free or await spent(bench) > 0
    await bench.idle()


async def test_half_a_minute_of_silence_is_not_waited_out(records: Records, tmp_path: Path) -> None:
    """All at once: nobody wants to wait for one after the other."""

    async def meet(name: str, bench: Bench) -> None:
        began = time.monotonic()
        with pytest.raises(ServiceFailed) as told:
            await bench.draw()
        assert QUIET_S * 0.9 < time.monotonic() - began < QUIET_S + 5, name
        assert told.value.retryable and len(bench.stage.asked) == 1, name
        await bench.idle()
        await bench.provider.close()

    with ExitStack() as stages:
        benches = {}
        for name, about in CASES.items():
            stage = stages.enter_context(serving(about.app(made := Stage()), made))
            benches[name] = await opened((name, about), stage, records, tmp_path / name, provider_quiet_s=QUIET_S)
            stage.play = Play.SILENT
        async with asyncio.TaskGroup() as services:
            for name, bench in benches.items():
                services.create_task(meet(name, bench))


@only(name for name, case in CASES.items() if case.refuses)
async def test_its_own_rules_are_told_as_ours_and_nobody_else_is_asked(bench: Bench) -> None:
    bench.stage.play = Play.REFUSED
    fake = FakeProvider(seconds_per_step=0)
    await fake.open()
    recipe = bench.settled(provider="auto")
    with pytest.raises(NotAllowed) as told:
        async with aclosing(Providers([bench.provider, fake]).draw(order(recipe))) as progress:
            [said async for said in progress]
    assert bench.provider.service.title in told.value.detail
    assert fake.begun == 0
    assert await spent(bench) == 0


async def test_what_was_paid_is_known_and_told(bench: Bench) -> None:
    wanted = order(bench.settled())
    async with aclosing(bench.provider.generate(wanted)) as progress:
        news = [said async for said in progress]
    paid = await bench.ledger.paid(wanted.key)
    assert await spent(bench) == pytest.approx(paid)
    told = [said.detail for said in news if isinstance(said, Remark) and said.code == "price"]
    if bench.case.free:
        assert paid == 0 and not told
    else:
        assert paid > 0 and f"${paid:.4f}" in told[0]


async def test_what_may_have_been_paid_is_not_sent_again_after_a_crash(bench: Bench) -> None:
    wanted = order(bench.settled())
    expense = await bench.ledger.reserve(
        account=HERE, provider=bench.provider.name, model="m", generation=wanted.key, picture=0, usd=0.01
    )
    assert not expense.resumed
    with pytest.raises(Interrupted):
        async with aclosing(bench.provider.generate(wanted)) as progress:
            [said async for said in progress]
    assert bench.stage.asked == []


@only(name for name, case in CASES.items() if case.handles)
async def test_what_was_begun_is_taken_up_again_after_a_crash(bench: Bench) -> None:
    bench.stage.play = Play.SLOW
    wanted: Order = order(bench.settled())

    async def listen() -> None:
        async with aclosing(bench.provider.generate(wanted)) as progress:
            async for said in progress:
                assert said

    async def crash(*_: object, **__: object) -> None:
        """Nothing of what a process does in its last moments."""

    listening = asyncio.create_task(listen())
    async with asyncio.timeout(10):
        while not bench.stage.running:  # noqa: ASYNC110 - the server is in another thread
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
    kept = bench.stage.cancelled.copy()
    bench.ledger.settle, settle = crash, bench.ledger.settle  # type: ignore[method-assign]
    bench.stage.deaf = True
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    bench.ledger.settle = settle  # type: ignore[method-assign]
    bench.stage.deaf, bench.stage.play = False, Play.FINE
    assert bench.stage.cancelled == kept
    async with asyncio.timeout(10), aclosing(bench.provider.generate(wanted)) as progress:
        news = [said async for said in progress]
    assert drawn(news)[0].image.data == bench.stage.picture
    assert len(bench.stage.asked) == 1


async def test_wrong_credentials_are_told_without_them(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.stage.play = Play.DENIED
    with caplog.at_level(logging.DEBUG), pytest.raises(SafelightError) as told:
        await bench.draw()
    assert not told.value.retryable and "credentials" in told.value.hint
    assert SECRET not in f"{told.value.detail}{told.value.hint}{caplog.text}"
    assert len(bench.stage.asked) <= 1
    assert bench.provider.ready() is None, "the others have credentials of their own"


@only(name for name in CASES if name not in KEYLESS)
async def test_a_workspace_has_credentials_of_its_own_and_nobody_has_none(
    case: tuple[str, Case], stage: Stage, records: Records, tmp_path: Path
) -> None:
    bench = await opened(case, stage, records, tmp_path)
    required = [secret.name for secret in bench.provider.service.secrets if secret.required]
    assert required
    own = dict(await bench.provider.credentials(HOME))
    secrets = {name for name, value in own.items() if value == SECRET}
    own.update(dict.fromkeys(secrets, "of-this-workspace"))
    await bench.vault.put(HOME, bench.provider.name, own)
    assert drawn(await bench.draw())
    assert not any(SECRET in key for key in stage.keys)
    bench.provider._own = {}
    with pytest.raises(NotReady) as told:
        await bench.provider.admit(bench.settled(), account=replace(HERE, workspace="ws_elsewhere"))
    assert "credentials" in told.value.hint
    await bench.provider.close()


async def test_several_pictures_are_drawn_at_the_same_time_and_one_that_fails_is_alone(bench: Bench) -> None:
    news = await bench.draw(bench.settled(count=3))
    assert sorted((one.picture, one.seed) for one in drawn(news)) == [(0, 7), (1, 8), (2, 9)]
    rest = await bench.draw(bench.settled(count=3), done=frozenset({0, 2}))
    assert [one.picture for one in drawn(rest)] == [1]
