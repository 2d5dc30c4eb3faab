"""A whole house with an image service elsewhere: what a request goes through, and what is kept of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from safelight.bootstrap import House, open_house
from safelight.domain.access import HOME, LOCAL
from safelight.domain.errors import BudgetReached, Misconfigured
from safelight.domain.events import Finished, Notice, Started
from safelight.domain.generation import State
from safelight.domain.recipe import Recipe
from safelight.settings import EngineChoice, Settings
from safelight.sources import make_providers
from tests.upstreams import openai
from tests.upstreams.stage import SECRET, Play, Stage, serving

pytestmark = pytest.mark.anyio

MODEL = "openai/gpt-image-2.5-flare"


@asynccontextmanager
async def house(home: Path, stage: Stage, **more: Any) -> AsyncIterator[House]:
    settings = Settings(
        home=home,
        engine=EngineChoice.FAKE,
        fake_step_s=0,
        providers=("openai",),
        openai_url=stage.url,
        openai_key=SecretStr(SECRET),
        moderation="off",
        **more,
    )
    async with open_house(settings) as opened:
        yield opened


async def drawn(opened: House, **fields: Any) -> tuple[str, list[Any]]:
    recipe = Recipe.model_validate({"prompt": "a red dragon", **fields})
    record = await opened.runner.submit(recipe, access=LOCAL)
    async with asyncio.timeout(60):
        while not (await opened.runner.get(record.id, access=LOCAL)).state.final:  # noqa: ASYNC110 - as a caller would
            await asyncio.sleep(0.02)
    feed = await opened.runner.feed(record.id, access=LOCAL)
    return record.id, [entry.event async for entry in feed.follow(after=0)]


async def test_a_services_file_is_kept_as_it_came_with_the_recipe_beside_it(tmp_path: Path) -> None:
    stage = Stage()
    with serving(openai.app(stage), stage):
        async with house(tmp_path, stage) as opened:
            generation, _ = await drawn(opened, model=MODEL)
            (shown,) = await opened.store.pictures.of(generation)
            file = await opened.store.pictures.file(shown.id, workspace=HOME)
            kept = await opened.store.pictures.get(shown.id, workspace=HOME)
    assert file.data == stage.picture
    assert kept.recipe is not None and kept.recipe.model == MODEL and kept.file_name.startswith("openai_")


async def test_another_goes_on_and_says_what_changed(tmp_path: Path) -> None:
    stage = Stage(play=Play.FAILS)
    with serving(openai.app(stage), stage):
        async with house(tmp_path, stage) as opened:
            generation, events = await drawn(opened, model=MODEL, provider="auto")
            record = await opened.runner.get(generation, access=LOCAL)
            (shown,) = await opened.store.pictures.of(generation)
            kept = await opened.store.pictures.get(shown.id, workspace=HOME)
    assert record.state is State.FINISHED and record.recipe.model == "fake"
    assert kept.file_name.startswith("fake_") and len(stage.asked) == 1
    assert [event.provider for event in events if isinstance(event, Started)] == ["openai", "fake"]
    (notice,) = (event for event in events if isinstance(event, Notice) and event.code == "fallback")
    assert "OpenAI failed" in notice.detail and "Fake sprite" in notice.detail
    assert isinstance(events[-1], Finished)


async def test_a_spent_budget_refuses_and_a_fallback_draws_for_nothing(tmp_path: Path) -> None:
    stage = Stage()
    with serving(openai.app(stage), stage):
        async with house(tmp_path, stage, budget_day_usd=0.001) as opened:
            with pytest.raises(BudgetReached):
                await opened.runner.submit(Recipe(prompt="x", model=MODEL), access=LOCAL)
            generation, _ = await drawn(opened, model=MODEL, provider=["openai", "fake"])
            assert (await opened.runner.get(generation, access=LOCAL)).recipe.model == "fake"
    assert stage.asked == []


def test_without_an_engine_somebody_else_has_to_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFELIGHT_ENGINE", "none")
    with pytest.raises(Misconfigured, match="nothing draws"):
        Settings.read(home=tmp_path)
    assert make_providers(Settings(home=tmp_path, engine=EngineChoice.FAKE)).models()
