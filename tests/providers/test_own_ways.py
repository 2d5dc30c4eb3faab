"""What single services do in ways of their own; what all do alike is in `tests/contract/test_services.py`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from safelight.domain.access import HOME
from safelight.domain.errors import Misconfigured, Unreachable, Unsupported
from safelight.domain.progress import Drawn, Progress, Remark, Step
from safelight.domain.recipe import Recipe
from safelight.providers.breaker import Breaker
from safelight.providers.failures import Passing, retry_after
from safelight.providers.opening import services
from safelight.providers.prices import Prices, Usage
from safelight.providers.remote import RemoteProvider
from safelight.settings import Settings
from safelight.store.ledger import Ledger
from safelight.store.records import Records
from safelight.store.schema import CREDENTIALS
from safelight.store.vault import FILE, SealedVault
from tests.orders import order
from tests.upstreams import comfyui, openai
from tests.upstreams.stage import SECRET, Play, Stage, picture, serving

pytestmark = pytest.mark.anyio

IMAGE, MASK, EDGES = ("img_" + letter * 64 for letter in "123")
IMAGES = {IMAGE: picture((96, 64), "red"), MASK: picture((96, 64), "white"), EDGES: picture((96, 64), "black")}


@asynccontextmanager
async def opened(records: Records, home: Path, **settings: Any) -> AsyncIterator[RemoteProvider]:
    made = services(
        Settings(home=home, **settings),
        purse=Ledger(records),
        vault=SealedVault(records, home=home),
        library=home,
    )
    await made[0].open()
    async with asyncio.timeout(10):
        while not made[0].models() or made[0].ready():  # noqa: ASYNC110 - there is no other way to wait
            await asyncio.sleep(0.01)
    yield made[0]
    await made[0].close()


def settled(provider: RemoteProvider, model: int = 0, **fields: object) -> Recipe:
    recipe = Recipe.model_validate({"prompt": "a red dragon", "seed": 7, **fields})
    return provider.models()[model].settle(recipe)


async def draw(provider: RemoteProvider, recipe: Recipe) -> list[Progress]:
    async with asyncio.timeout(60), aclosing(provider.generate(order(recipe, images=IMAGES))) as progress:
        return [news async for news in progress]


async def test_a_recipe_becomes_a_graph_with_everything_that_it_asks_for(records: Records, tmp_path: Path) -> None:
    stage = Stage()
    app = comfyui.app(stage)
    with serving(app, stage):
        async with opened(records, tmp_path, providers=("comfyui",), comfyui_url=stage.url) as provider:
            recipe = settled(
                provider,
                width=96,
                height=64,
                clip_skip=1,
                negative_prompt="rain",
                sampler="euler_a",
                image={"image": IMAGE, "strength": 0.4},
                mask={"image": MASK},
                loras=[{"id": "pixels.safetensors", "weight": 0.5}],
                controls=[{"model": "canny.safetensors", "image": EDGES, "weight": 0.7}],
            )
            assert isinstance((await draw(provider, recipe))[-1], Drawn)
            with pytest.raises(Unsupported, match="no LoRA"):
                provider.estimate(
                    recipe.model_copy(update={"loras": (recipe.loras[0].model_copy(update={"id": "x"}),)})
                )
    nodes = stage.asked[0]["prompt"]
    kinds = {node["class_type"] for node in nodes.values()}
    assert {"LoraLoader", "CLIPSetLastLayer", "ControlNetApplyAdvanced", "VAEEncode", "SetLatentNoiseMask"} <= kinds
    sampling = nodes["sample"]["inputs"]
    assert (sampling["denoise"], sampling["sampler_name"], sampling["seed"]) == (0.4, "euler_ancestral", 7)
    assert nodes["negative"]["inputs"]["text"] == "rain" and nodes["checkpoint"]["inputs"]["ckpt_name"]
    assert len(app.state.comfy.uploads) == 3


async def test_a_workflow_of_ones_own_gets_what_has_a_place_in_it(records: Records, tmp_path: Path) -> None:
    nodes = {
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "{{prompt}}, a poster", "clip": ["3", 1]}},
        "2": {"class_type": "KSampler", "inputs": {"seed": "{{seed}}", "steps": "{{ steps }}", "positive": ["1", 0]}},
        "3": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "dreams.safetensors"}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}},
    }
    folder = tmp_path / "comfyui"
    folder.mkdir()
    (folder / "poster.json").write_text(json.dumps(nodes))
    stage = Stage()
    with serving(comfyui.app(stage), stage):
        async with opened(records, tmp_path, providers=("comfyui",), comfyui_url=stage.url) as provider:
            assert provider.models()[0].id == "comfyui/poster"
            assert provider.models()[0].fixed == {"guidance", "sampler", "schedule", "negative_prompt"}
            assert isinstance((await draw(provider, settled(provider, steps=9)))[-1], Drawn)
    asked = stage.asked[0]["prompt"]
    assert asked["1"]["inputs"]["text"] == "a red dragon, a poster"
    assert (asked["2"]["inputs"]["seed"], asked["2"]["inputs"]["steps"]) == (7, 9)


@pytest.mark.parametrize(
    "text", ["[1]", "{", '{"1": {"class_type": "X", "inputs": {"a": "{{wish}}"}}}', '{"1": {"class_type": "X"}}']
)
async def test_a_workflow_that_cannot_be_used_is_told_at_the_start(records: Records, tmp_path: Path, text: str) -> None:
    (tmp_path / "comfyui").mkdir()
    (tmp_path / "comfyui" / "bad.json").write_text(text)
    with pytest.raises(Misconfigured, match="bad"):
        async with opened(records, tmp_path, providers=("comfyui",)):
            pass


async def test_comfyuis_own_line_is_told_and_every_step_shows_its_preview(records: Records, tmp_path: Path) -> None:
    stage = Stage()
    with serving(comfyui.app(stage), stage):
        async with opened(records, tmp_path, providers=("comfyui",), comfyui_url=stage.url) as provider:
            stage.play = Play.SLOW
            first = asyncio.create_task(draw(provider, settled(provider)))
            while not stage.running:  # noqa: ASYNC110 - the server is in another thread
                await asyncio.sleep(0.01)
            second = asyncio.create_task(draw(provider, settled(provider, seed=8)))
            await asyncio.sleep(1.5)
            stage.play = Play.FINE
            news = [await first, await second]
    assert "1 others go first" in next(said.detail for said in news[1] if isinstance(said, Remark))
    shown = [said for said in news[0] if isinstance(said, Step) and said.source == "denoise" and said.frame]
    assert len(shown) == comfyui.STEPS and shown[0].frame and shown[0].frame.media_type == "image/jpeg"


async def test_a_lost_socket_loses_previews_and_not_the_picture(records: Records, tmp_path: Path) -> None:
    stage = Stage(play=Play.SLOW)
    app: Starlette = comfyui.app(stage)
    with serving(app, stage):
        async with opened(records, tmp_path, providers=("comfyui",), comfyui_url=stage.url) as provider:
            drawing = asyncio.create_task(draw(provider, settled(provider)))
            while not stage.running:  # noqa: ASYNC110 - the server is in another thread
                await asyncio.sleep(0.01)
            app.state.comfy.sockets = {}
            stage.play = Play.FINE
            assert isinstance((await drawing)[-1], Drawn)
    assert len(stage.asked) == 1


async def test_a_start_image_and_a_mask_are_an_edit(records: Records, tmp_path: Path) -> None:
    stage = Stage()
    with serving(openai.app(stage), stage):
        settings: dict[str, Any] = {"openai_url": stage.url, "openai_key": SecretStr(SECRET)}
        async with opened(records, tmp_path, providers=("openai",), **settings) as provider:
            wish: dict[str, Any] = {"image": {"image": IMAGE}, "mask": {"image": MASK}}
            assert isinstance((await draw(provider, settled(provider, **wish)))[-1], Drawn)
            with pytest.raises(Unsupported):
                provider.estimate(settled(provider, width=3840, height=512))
    asked = stage.asked[0]
    assert asked["path"] == "/v1/images/edits" and asked["prompt"] == "a red dragon"
    assert asked["image"].startswith(b"\x89PNG") and asked["mask"].startswith(b"\x89PNG")


async def test_credentials_are_sealed_and_open_for_nobody_else(records: Records, tmp_path: Path) -> None:
    vault = SealedVault(records, home=tmp_path)
    assert await vault.opened(HOME, "openai") is None
    await vault.put(HOME, "openai", {"key": SECRET})
    await vault.put(HOME, "openai", {"key": f"{SECRET}2"})
    assert await vault.opened(HOME, "openai") == {"key": f"{SECRET}2"}
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    async with records.engine.begin() as connection:
        (row,) = (await connection.execute(CREDENTIALS.select())).mappings()
        assert SECRET.encode() not in row["sealed"]
        await connection.execute(CREDENTIALS.insert().values({**row, "provider": "replicate"}))
    assert await vault.opened(HOME, "replicate") is None, "a row that was moved"
    (tmp_path / FILE).unlink()
    assert await SealedVault(records, home=tmp_path).opened(HOME, "openai") is None
    assert await vault.remove(HOME, "openai") and not await vault.remove(HOME, "openai")


def test_after_its_rest_a_service_is_tried_once() -> None:
    now = [0.0]
    breaker = Breaker("It", after=2, rest_s=10, now=lambda: now[0])

    def fail() -> None:
        with pytest.raises(Passing), breaker.through():
            raise Passing("It broke.")

    fail()
    assert breaker.state == "closed"
    fail()
    assert breaker.state == "open"
    with pytest.raises(Unreachable, match="It broke"):
        breaker.check()
    now[0] = 10.0
    with breaker.through():
        assert breaker.state == "half_open"
        with pytest.raises(Unreachable):
            breaker.check()
    assert breaker.state == "closed"
    fail()
    fail()
    now[0] = 20.0
    fail()
    now[0] = 39.0
    with pytest.raises(Unreachable):
        breaker.check()


def test_prices_of_ones_own_are_taken_before_those_that_come_along(tmp_path: Path) -> None:
    (tmp_path / "prices.json").write_text('{"pictures": {"replicate/a/b": 0.5}}')
    prices = Prices.read(tmp_path)
    assert prices.of_picture("replicate/a/b") == 0.5
    assert prices.of_picture("replicate/black-forest-labs/flux-schnell") == 0.003
    assert prices.of_picture("nobody/knows") is None
    assert prices.paid("gpt-image-1.5", Usage(text=1000, image=0, output=1000)) == pytest.approx(0.037)
    (tmp_path / "prices.json").write_text('{"pictures": {"x": "cheap"}}')
    with pytest.raises(Misconfigured):
        Prices.read(tmp_path)


def test_what_a_service_says_about_coming_back_is_read_in_every_form() -> None:
    assert retry_after({"Retry-After": "7"}) == 7
    assert retry_after({"retry-after-ms": "250"}) == 0.25
    assert retry_after({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert retry_after({"Retry-After": "soon"}) is None and retry_after({}) is None
