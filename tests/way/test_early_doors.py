"""The five earlier front ends, asked over real HTTP as they asked."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from safelight.accounts.limits import Bucket
from safelight.moderation.gate import Gate
from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.test_moderating import STANDARD, STEPS, Redness, Turning, redness
from tests.way.town import Town, town

pytestmark = pytest.mark.anyio
Serve = Callable[..., Running]
EVENT_SOURCE = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


def image_of(text: str) -> Image.Image:
    return Image.open(BytesIO(base64.b64decode(text)))


def encoded(size: tuple[int, int] = (64, 64), colour: str = "blue") -> str:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


async def messages(response: httpx2.Response) -> AsyncGenerator[tuple[str, Any], None]:
    """Ids and data, as an `EventSource` reads them."""
    last_id, data = "", ""
    async for line in response.aiter_lines():
        if line.startswith("id: "):
            last_id = line.removeprefix("id: ")
        elif line.startswith("data: "):
            data = line.removeprefix("data: ")
        elif not line and data:
            yield last_id, (data if data == "[DONE]" else json.loads(data))
            data = ""


# ---- 1. the streaming demo


async def listen(client: httpx2.AsyncClient, params: dict[str, Any], *, last_id: str = "", most: int = 1000) -> Any:
    """What one connection of an `EventSource` brings: status, id of the last message, data."""
    headers = {**EVENT_SOURCE, **({"Last-Event-ID": last_id} if last_id else {})}
    heard: list[Any] = []
    async with client.stream("GET", "/api/generate", params=params, headers=headers) as response:
        async for message_id, data in messages(response):
            last_id = message_id
            heard.append(data)
            if len(heard) == most:
                break
        return response.status_code, last_id, heard


async def test_an_event_source_sees_every_step_and_the_picture(client: httpx2.AsyncClient) -> None:
    status, last_id, heard = await listen(client, {"prompt": "a red dragon", "steps": 8})
    assert status == 200 and heard.pop() == "[DONE]"
    assert [(one["step"], one["total_steps"], one["progress"]) for one in heard] == [
        (step, 8, round(100 * step / 8)) for step in range(1, 9)
    ]
    assert all(image_of(one["image"]).format == "JPEG" for one in heard)
    assert image_of(heard[-1]["image"]).size == (256, 256), "the last frame is the picture"
    assert (await listen(client, {"prompt": "a red dragon", "steps": 8}, last_id=last_id))[0] == 204


async def test_a_lost_connection_goes_on_and_nothing_is_drawn_twice(serve: Serve) -> None:
    server = serve(seconds_per_step=0.03)
    async with connected(server) as client:
        params: dict[str, Any] = {"prompt": "a red dragon", "steps": 12}
        last_id, steps, ended = "", list[int](), False
        for _ in range(20):
            status, last_id, heard = await listen(client, params, last_id=last_id, most=3)
            assert status == 200
            steps += [one["step"] for one in heard if one != "[DONE]"]
            if ended := "[DONE]" in heard:
                break
        assert ended and steps == list(range(1, 13)) and server.fake.begun == 1
        # Also where nothing but the first line came through.
        async with client.stream("GET", "/api/generate", params=params, headers=EVENT_SOURCE) as response:
            lines = response.aiter_lines()
            assert await anext(lines) == "retry: 1000"
            first_id = (await anext(lines)).removeprefix("id: ")
        await listen(client, params, last_id=first_id)
        assert server.fake.begun == 2


@pytest.mark.parametrize(
    "query", [{}, {"prompt": "a", "steps": 4}, {"prompt": "a", "steps": 51}, {"prompt": "a" * 10_001}]
)
async def test_an_event_source_hears_what_is_wrong_in_the_stream(client: httpx2.AsyncClient, query: Any) -> None:
    status, last_id, (only,) = await listen(client, query)
    assert status == 200 and only["error"]
    assert (await listen(client, query, last_id=last_id))[0] == 204, "and does not ask for it again and again"


async def test_a_failure_and_a_refusal_are_heard_in_the_stream(serve: Serve) -> None:
    server = serve(fails_at=4, gate=STANDARD)
    async with connected(server) as client:
        _, _, heard = await listen(client, {"prompt": "a cat", "steps": 8})
        assert [one.get("step") for one in heard] == [1, 2, 3, None] and "told to fail" in heard[-1]["error"]
        _, _, (refused,) = await listen(client, {"prompt": "a nude woman"})
        assert refused["code"] == "not_allowed" and server.fake.begun == 1


async def test_a_page_of_another_site_draws_nothing(client: httpx2.AsyncClient, server: Running) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        answer = await client.get("/api/generate", params={"prompt": "a cat"}, headers=headers)
        assert "another site" in answer.text
    assert server.fake.begun == 0


async def test_coming_back_is_a_look_and_no_request(tmp_path: Path) -> None:
    with town(tmp_path, rates={Bucket.REQUESTS: "1/minute"}, seconds_per_step=0.03) as place:
        async with place.client("creator") as client:
            last_id, heard = "", list[Any]()
            while "[DONE]" not in heard:
                status, last_id, heard = await listen(client, {"prompt": "a", "steps": 8}, last_id=last_id, most=2)
                assert status == 200
            assert (await listen(client, {"prompt": "a", "steps": 8}))[0] == 429


async def test_nobody_attaches_to_what_is_elsewhere(place: Town) -> None:
    async with place.client("creator") as client, place.client("stranger") as stranger:
        _, last_id, _ = await listen(client, {"prompt": "mine", "steps": 5}, most=1)
        assert (await listen(stranger, {"prompt": "mine"}, last_id=last_id))[0] == 204


# ---- 2. the streaming diffusion API


async def test_the_diffusion_api_takes_everything_it_took(client: httpx2.AsyncClient, server: Running) -> None:
    body = {
        "prompt": "a cat", "steps": 6, "guidance": 4.5, "seed": 7, "size": 128, "model": "fake",
        "init_image": encoded(), "strength": 0.5, "prompt_image": f"data:image/png;base64,{encoded(colour='red')}",
        "noise_injection": {"step": 2, "strength": 0.4, "pattern": "edges"},
    }  # fmt: skip
    async with client.stream("POST", "/generate", json=body) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        heard = [data async for _, data in messages(response)]
    assert heard.pop() == "[DONE]" and [one["step"] for one in heard] == list(range(1, 7))
    (made,) = (await client.get("/api/v1/generations")).json()["items"]
    recipe = made["recipe"]
    assert (recipe["steps"], recipe["guidance"], recipe["seed"], recipe["width"]) == (6, 4.5, 7, 128)
    assert recipe["image"]["strength"] == 0.5 and recipe["prompt_image"]["weight"] == 1.0
    assert (recipe["injections"][0]["pattern"], recipe["injections"][0]["first"]) == ("edges", 2)


async def test_a_start_image_takes_all_of_the_noise_and_may_speak_alone(client: httpx2.AsyncClient) -> None:
    body = {"start_image": encoded(), "prompt_image": encoded(), "steps": 3, "size": "64x128"}
    async with client.stream("POST", "/generate", json=body) as response:
        assert (await response.aread()).endswith(b"data: [DONE]\n\n")
    (made,) = (await client.get("/api/v1/generations")).json()["items"]
    assert made["recipe"]["image"]["at_step"] == 1 and made["recipe"]["height"] == 128


@pytest.mark.parametrize(
    "wrong", [{}, {"prompt": "a", "init_image": "?"}, {"prompt": "a", "stepz": 3}, {"prompt": "a", "size": "x"}]
)
async def test_the_diffusion_api_names_what_is_wrong(client: httpx2.AsyncClient, wrong: dict[str, Any]) -> None:
    answer = await client.post("/generate", json=wrong)
    assert answer.status_code == 422 and answer.json()["errors"]


async def test_the_root_is_json_unless_a_browser_asks(serve: Serve, tmp_path: Any) -> None:
    studio = tmp_path / "studio"
    studio.mkdir()
    (studio / "index.html").write_text("<!doctype html><title>Safelight</title>")
    async with connected(serve(studio=studio)) as client:
        root = (await client.get("/")).json()
        assert root["name"] == "Safelight" and root["api"] == "/api/v1"
        html = {"Accept": "text/html,application/xhtml+xml"}
        for path in ("/", "/generate", "/gallery"):
            assert "<title>Safelight" in (await client.get(path, headers=html)).text, path
        assert (await client.get("/generate")).status_code == 405
        for path in ("/api/nothing", "/v1/nothing", "/sdapi/v1/nothing", "/media/nothing"):
            assert (await client.get(path, headers=html)).status_code == 404, path
        assert "gpus" in (await client.get("/health")).json()


# ---- 3. the image service with moderation and keys


async def test_the_guarded_service(place: Town) -> None:
    key = {"X-API-Key": place.keys["creator"]}
    async with place.client(None) as client:
        assert (await client.get("/api/health")).json()["services"]["image"]["status"] == "ready"
        answer = await client.post(
            "/api/images/generate", json={"prompt": "a castle", "width": 64, "height": 64, "seed": 3}, headers=key
        )
        made = answer.json()
        assert answer.status_code == 200 and made["success"] and answer.headers["x-content-type-options"] == "nosniff"
        assert (made["metadata"]["prompt"], made["metadata"]["seed"], made["metadata"]["model"]) == (
            "a castle",
            3,
            "fake",
        )
        shown = await client.get(made["imageUrl"])
        assert Image.open(BytesIO(shown.content)).size == (64, 64), "the address needs no key, as on a CDN"
        assert (await client.post("/api/images/generate", json={"prompt": "a"})).json()["success"] is False
        wrong = await client.post("/api/images/generate", json={"prompt": ""}, headers=key)
        assert wrong.status_code == 400 and wrong.json()["fields"] == {
            "prompt": "is empty: say what the picture should show"
        }


async def test_a_prompt_that_is_rejected_gets_the_reason(serve: Serve) -> None:
    async with connected(serve(gate=STANDARD)) as client:
        answer = await client.post("/api/images/generate", json={"prompt": "a nude woman"})
        assert answer.status_code == 400 and answer.json()["reason"] and "sexual" in answer.json()["categories"]
        for prompt, allowed in (("a nude woman", False), ("a castle", True)):
            verdict = (await client.post("/api/moderation/check", json={"prompt": prompt})).json()
            assert verdict["allowed"] is allowed and bool(verdict["reason"]) is not allowed


# ---- 4. DreamSketch


async def test_dreamsketch(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/api/health/")).json()["status"] == "ok"
    status = (await client.get("/api/status/")).json()
    assert status["system"]["processors"] and status["gpu"]["available"] is bool(status["gpus"])
    assert [(one["id"], one["available"]) for one in (await client.get("/api/models/")).json()["models"]] == [
        ("fake", True)
    ]
    wish = {
        "prompt": "a fox",
        "model_id": "fake",
        "width": 64,
        "height": 64,
        "steps": 3,
        "guidance_scale": 7.5,
        "seed": 42,
    }
    made = (await client.post("/api/txt2img/", json=wish)).json()
    result = made["result"]
    assert made["status"] == "success" and isinstance(result["id"], int) and result["prompt"] == "a fox"
    assert (
        "/media/generated/" in result["url"] and result["url"].endswith(".png") and result["created_at"].endswith("Z")
    )
    assert Image.open(BytesIO((await client.get(result["url"])).content)).size == (64, 64)
    redrawn = await client.post("/api/img2img/", json={**wish, "image": encoded(), "strength": 0.5})
    form = await client.post(
        "/api/img2img/", data={"prompt": "a fox", "steps": "2"}, files={"image": ("a.png", base64.b64decode(encoded()))}
    )
    assert redrawn.json()["status"] == form.json()["status"] == "success"
    results = (await client.get("/api/results/", params={"limit": 2})).json()["results"]
    assert [one["id"] for one in results] == [form.json()["result"]["id"], redrawn.json()["result"]["id"]]
    wrong = await client.post("/api/txt2img/", json={**wish, "guidance_scale": 99})
    assert wrong.status_code == 400 and wrong.json()["errors"]["guidance_scale"]
    unknown = await client.post("/api/txt2img/", json={**wish, "model_id": "openjourney-v4"})
    assert unknown.status_code == 400 and unknown.json()["status"] == "error"


# ---- 5. Cloud AI Art Studio


@pytest.mark.parametrize("prefix", ["", "/api"])
async def test_sprites_and_saved_images(client: httpx2.AsyncClient, prefix: str) -> None:
    wish = {"prompt": "a knight", "width": 64, "height": 64, "quality": "optimized"}
    made = (await client.post(f"{prefix}/generate-sprite", json=wish)).json()
    assert made["success"] and made["image"]["steps"] == 20 and made["image"]["guidance"] == 6.0
    progress = (await client.get(f"/api/comfyui/progress/{made['promptId']}")).json()
    assert (progress["status"], progress["progress"], progress["totalSteps"]) == ("completed", 1.0, 20)
    saved = await client.post(f"{prefix}/saved-images", json={"image": encoded((32, 32)), "prompt": "a blue wall"})
    assert saved.status_code == 201 and saved.json()["image"]["prompt"] == "a blue wall"
    listed = (await client.get(f"{prefix}/saved-images")).json()
    assert [one["prompt"] for one in listed["images"]] == ["a blue wall", "a knight"]
    assert listed["storage"]["count"] == 2
    assert listed["storage"]["totalBytes"] == sum(one["size"] for one in listed["images"])
    name = made["filename"]
    assert (await client.delete(f"{prefix}/saved-images", params={"filename": name})).json()["success"]
    assert len((await client.get(f"{prefix}/saved-images")).json()["images"]) == 1
    for path in ("../../etc/passwd", "pic_1.png", ""):
        assert (await client.delete(f"{prefix}/saved-images", params={"filename": path})).status_code == 400
    for wrong in ({"image": "AAAA"}, {"image": encoded(), "filename": "../a.png"}, {"image": encoded()[:40]}):
        assert (await client.post(f"{prefix}/saved-images", json=wrong)).status_code == 400, wrong


async def test_services_and_qualities(client: httpx2.AsyncClient) -> None:
    for wish, word in (
        ({"service": "replicate"}, "not set up"),
        ({"service": "x"}, "service"),
        ({"quality": "x"}, "quality"),
    ):
        refused = await client.post("/generate-sprite", json={"prompt": "a", **wish})
        assert refused.status_code == 400 and word in refused.json()["error"]


async def test_how_far_a_sprite_is(serve: Serve) -> None:
    server = serve(seconds_per_step=0.05)
    async with connected(server) as client:
        drawing = asyncio.create_task(client.post("/generate-sprite", json={"prompt": "a", "quality": "ultra"}))
        active = (await until(client, "/api/comfyui/health", lambda told: told["activeGeneration"]))["activeGeneration"]
        progress = await until(client, f"/api/comfyui/progress/{active}", lambda told: told["currentStep"] >= 2)
        assert progress["status"] == "running" and progress["totalSteps"] == 35 and 0 < progress["progress"] < 1
        assert progress["elapsedTime"].endswith("s") and progress["estimatedRemaining"].endswith("s")
        health = (await client.get("/api/comfyui/health")).json()
        assert health["status"] == "running" and health["server"] == server.url and health["queueLength"] == 0
        assert (await drawing).json()["promptId"] == active


async def until(client: httpx2.AsyncClient, path: str, right: Callable[[Any], Any]) -> Any:
    """What is said there, as soon as it is right."""
    async with asyncio.timeout(20):
        while not right(told := (await client.get(path)).json()):  # noqa: ASYNC110 - it can only be asked for
            await asyncio.sleep(0.02)
        return told


# ---- all of them


async def test_no_door_shows_what_moderation_refuses(serve: Serve) -> None:
    """A picture that turns red at its fifth step, asked for at every door."""
    server = serve(gate=Gate(pixels=Redness()), provider=Turning)
    shown: list[str] = []
    async with connected(server) as client:
        _, _, heard = await listen(client, {"prompt": "a cat", "steps": STEPS})
        async with client.stream("POST", "/generate", json={"prompt": "a cat", "steps": STEPS}) as response:
            heard += [data async for _, data in messages(response)]
        assert sum("error" in one for one in heard) == 2 and "[DONE]" not in heard
        shown += [one["image"] for one in heard if "image" in one]
        assert shown and all(redness(base64.b64decode(image)) < 0.8 for image in shown)
        for path in ("/api/images/generate", "/api/txt2img/", "/generate-sprite"):
            refused = await client.post(path, json={"prompt": "a cat"})
            assert refused.status_code == 400 and "pic_" not in refused.text, path
        redrawn = await client.post("/api/img2img/", json={"prompt": "a cat", "image": encoded()})
        assert redrawn.status_code == 400
        assert (await client.get("/api/results/")).json()["results"] == []


async def test_doors_can_be_closed(serve: Serve) -> None:
    async with connected(serve(doors=())) as client:
        for path in ("/api/health", "/api/health/", "/v1/models", "/sdapi/v1/options", "/saved-images"):
            assert (await client.get(path)).status_code == 404, path
        assert (await client.post("/mcp", json={})).status_code in (404, 405)
        assert (await client.get("/health")).status_code == 200
