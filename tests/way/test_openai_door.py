"""OpenAI's own SDK drives the door: sync, async, streaming, edits, errors, retries; and litellm."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from PIL import Image

from safelight.accounts.limits import Bucket
from safelight.moderation.gate import Gate
from tests.way.house import Running
from tests.way.test_moderating import STANDARD, STEPS, Redness, Turning, redness
from tests.way.town import Town, town

Serve = Callable[..., Running]


def sdk(server: Running, *, key: str = "none", retries: int = 0) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=retries, timeout=30)


@pytest.fixture
def open_server(serve: Serve) -> Running:
    return serve()


@pytest.fixture
def client(open_server: Running) -> Iterator[openai.OpenAI]:
    with sdk(open_server) as client:
        yield client


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


def picture(text: str | None) -> Image.Image:
    assert text
    return Image.open(BytesIO(base64.b64decode(text)))


def png(size: tuple[int, int] = (256, 256), *, clear: tuple[int, int, int, int] | None = None) -> bytes:
    image = Image.new("RGBA", size, "blue")
    if clear:
        image.paste((0, 0, 0, 0), clear)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_picture_with_its_usage(place: Town) -> None:
    with sdk(place.server, key=place.keys["creator"]) as client:
        answer = client.images.generate(
            model="fake", prompt="a red dragon", n=2, size="128x64", quality="low", extra_body={"seed": 7}
        )
        assert answer.data and len(answer.data) == 2 and answer.usage
        assert picture(answer.data[0].b64_json).size == (128, 64)
        assert "a red dragon" in str(picture(answer.data[0].b64_json).info["parameters"])
        assert (answer.output_format, answer.quality, answer.size) == ("png", "low", "128x64")
        usage = answer.usage
        assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (3, 64, 67)
        again = client.images.generate(prompt="a red dragon", size="128x64", quality="low", extra_body={"seed": 7})
        assert again.data and again.data[0].b64_json == answer.data[0].b64_json


@pytest.mark.parametrize("form", ["png", "jpeg", "webp"])
def test_formats_and_backgrounds(place: Town, form: Any) -> None:
    with sdk(place.server, key=place.keys["creator"]) as client:
        fields: dict[str, Any] = {"prompt": "a cat", "size": "64x64", "extra_body": {"steps": 1, "seed": 1}}
        opaque = client.images.generate(background="opaque", output_format=form, output_compression=70, **fields)
        assert opaque.data and picture(opaque.data[0].b64_json).format == form.upper()
        assert not picture(opaque.data[0].b64_json).has_transparency_data
        if form != "jpeg":
            clear = client.images.generate(background="transparent", output_format=form, **fields)
            assert clear.data and picture(clear.data[0].b64_json).getchannel("A").getextrema() == (0, 255)
            assert clear.background == "transparent"


def test_an_address_opens_the_picture_without_a_key(place: Town) -> None:
    with sdk(place.server, key=place.keys["creator"]) as client:
        answer = client.images.generate(prompt="a cat", response_format="url", size="auto", extra_body={"steps": 1})
    assert answer.data and answer.data[0].url and answer.data[0].b64_json is None
    shown = httpx2.get(answer.data[0].url, trust_env=False)
    assert shown.status_code == 200 and Image.open(BytesIO(shown.content)).size == (256, 256)
    assert "a cat" not in str(Image.open(BytesIO(shown.content)).info)


def test_extensions_reach_the_recipe(place: Town) -> None:
    more = {"num_inference_steps": 3, "guidance_scale": 2.5, "negative_prompt": "blur", "seed": 11, "width": 64}
    with sdk(place.server, key=place.keys["creator"]) as client:
        raw = client.images.with_raw_response.generate(prompt="a cat", size="128x128", extra_body=more)
        url = f"{place.server.url}/api/v1/generations/{raw.headers['x-generation-id']}"
    key = {"Authorization": f"Bearer {place.keys['creator']}"}
    recipe = httpx2.get(url, headers=key, trust_env=False).json()["recipe"]
    assert (recipe["steps"], recipe["guidance"], recipe["negative_prompt"], recipe["seed"]) == (3, 2.5, "blur", 11)
    assert (recipe["width"], recipe["height"]) == (64, 128)


@pytest.mark.parametrize(("quality", "steps"), [("low", 8), ("medium", 20), ("hd", 28), ("max", 35), ("auto", 20)])
def test_qualities_are_tiers(place: Town, quality: Any, steps: int) -> None:
    with sdk(place.server, key=place.keys["creator"]) as client:
        stream = client.images.generate(prompt="a cat", quality=quality, size="64x64", stream=True, partial_images=1)
        partial = next(iter(stream))
        assert partial.model_extra and partial.model_extra["total_steps"] == steps
        stream.close()


def test_partial_images_are_what_is_being_denoised(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    server = serve(seconds_per_step=0.1)
    seen: list[tuple[str, float]] = []
    frames = []
    with sdk(server) as client:
        fields: dict[str, Any] = {"prompt": "a red dragon", "extra_body": {"seed": 3, "steps": 20}}
        client.models.list()
        begun = time.perf_counter()
        for event in client.images.generate(stream=True, partial_images=3, **fields):
            seen.append((event.type, time.perf_counter() - begun))
            frames.append(event)
    assert [kind for kind, _ in seen] == ["image_generation.partial_image"] * 3 + ["image_generation.completed"]
    *partials, completed = frames
    assert [partial.partial_image_index for partial in partials] == [0, 1, 2]
    assert len({partial.b64_json for partial in frames}) == 4
    assert all(picture(partial.b64_json).format == "PNG" for partial in frames)
    assert picture(completed.b64_json).size == (256, 256) and completed.size == "256x256"
    assert completed.usage.output_tokens == 256
    ratio = seen[0][1] / seen[-1][1]
    with capsys.disabled():
        sys.stderr.write(f"\nthe first partial image came after {ratio:.0%} of the time\n")
    assert ratio < 0.6


@pytest.mark.parametrize("count", [0, 1, 2])
def test_as_many_partial_images_as_were_wished_for(client: openai.OpenAI, count: int) -> None:
    stream = client.images.generate(prompt="a cat", stream=True, partial_images=count, extra_body={"steps": 8}, n=2)
    events = list(stream)
    partials = [(e.image_index, e.partial_image_index) for e in events if e.type.endswith("partial_image")]  # type: ignore[union-attr]
    assert sorted(partials) == [(image, index) for image in (0, 1) for index in range(count)]
    assert [e.image_index for e in events if e.type.endswith("completed")] == [0, 1]  # type: ignore[union-attr]


@pytest.mark.anyio
async def test_async_and_streams_of_edits(open_server: Running) -> None:
    async with openai.AsyncOpenAI(base_url=f"{open_server.url}/v1", api_key="none", max_retries=0) as client:
        answer = await client.images.generate(prompt="a cat", extra_body={"steps": 2})
        assert answer.data and picture(answer.data[0].b64_json).size == (256, 256)
        stream = await client.images.edit(
            image=("a.png", png()), prompt="a hat", stream=True, partial_images=1, extra_body={"steps": 6}
        )
        kinds = [event.type async for event in stream]
        assert kinds == ["image_edit.partial_image", "image_edit.completed"]
        assert [model.id async for model in client.models.list()] == ["fake"]
        assert (await client.models.retrieve("fake")).owned_by == "fake"
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("gpt-9/turbo")


def test_edits_with_a_mask_and_as_a_list(place: Town) -> None:
    key = {"Authorization": f"Bearer {place.keys['creator']}"}
    mask = png((128, 128), clear=(0, 0, 64, 128))
    with sdk(place.server, key=place.keys["creator"]) as client:
        raw = client.images.with_raw_response.edit(
            image=[png((128, 128))], mask=mask, prompt="a hat", extra_body={"steps": 3, "seed": 5}
        )
        record = httpx2.get(
            f"{place.server.url}/api/v1/generations/{raw.headers['x-generation-id']}", headers=key, trust_env=False
        ).json()
        assert (record["recipe"]["width"], record["recipe"]["image"]["strength"], record["recipe"]["seed"]) == (
            128,
            1.0,
            5,
        )
        kept = httpx2.get(
            f"{place.server.url}/api/v1/images/{record['recipe']['mask']['image']}", headers=key, trust_env=False
        )
        painted = Image.open(BytesIO(kept.content)).convert("L")
        assert (painted.getpixel((10, 10)), painted.getpixel((100, 10))) == (255, 0)
        for wrong in (png((64, 64), clear=(0, 0, 9, 9)), b"no image"):
            with pytest.raises(openai.BadRequestError):
                client.images.edit(image=png((128, 128)), mask=wrong, prompt="a hat")
        with pytest.raises(openai.BadRequestError, match="one at a time"):
            client.images.edit(image=[png(), png()], prompt="a hat")


def test_openais_own_model_names_mean_the_default_model(client: openai.OpenAI) -> None:
    for name in ("gpt-image-1", "dall-e-3"):
        assert client.images.generate(model=name, prompt="a cat", extra_body={"steps": 1}).data


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "a", "n": 11}, "n"),
        ({"prompt": "a", "size": "big"}, "size"),
        ({"prompt": "a", "size": "100x100"}, "size"),
        ({"prompt": "a", "size": "2048x2048"}, None),
        ({"prompt": "a", "quality": "fine"}, "quality"),
        ({"prompt": "a", "partial_images": 4, "stream": True}, "partial_images"),
        ({"prompt": "a", "extra_body": {"sedd": 1}}, "sedd"),
        ({"prompt": "a", "extra_body": {"guidance_scale": 99}}, "guidance_scale"),
        ({"prompt": "a", "extra_body": {"lora": "dragons:0.5"}}, None),
    ],
)
def test_what_is_wrong_is_named(client: openai.OpenAI, fields: dict[str, Any], param: str | None) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(**fields)
    assert refused.value.param == param and refused.value.type == "invalid_request_error" and refused.value.message


def test_who_is_refused_and_how(place: Town) -> None:
    cases = {"wrong": openai.AuthenticationError, "viewer": openai.PermissionDeniedError}
    for who, kind in cases.items():
        with sdk(place.server, key=place.keys.get(who, "sl_wrong")) as client, pytest.raises(kind) as refused:
            client.images.generate(prompt="a cat")
        assert refused.value.code and "hint" not in str(refused.value.body)
    with sdk(place.server, key=place.keys["creator"]) as client, pytest.raises(openai.NotFoundError) as unknown:
        client.images.generate(prompt="a cat", model="flux-pro")
    assert unknown.value.code == "model_not_found"


def test_the_sdk_tries_again_where_that_helps_and_not_where_it_does_not(serve: Serve) -> None:
    server = serve(rates={Bucket.REQUESTS: "1/2seconds"})
    with sdk(server, retries=3) as client:
        begun = time.perf_counter()
        for _ in range(2):
            client.images.generate(prompt="a cat", extra_body={"steps": 1})
        assert time.perf_counter() - begun < 20
        assert server.fake.begun == 2


def test_a_failure_in_the_middle_is_an_error_of_the_sdk(serve: Serve) -> None:
    server = serve(fails_at=3)
    with sdk(server, retries=2) as client:
        with pytest.raises(openai.APIError, match="told to fail") as failed:
            list(client.images.generate(prompt="a cat", stream=True, partial_images=3))
        assert failed.value.code == "failed"
        with pytest.raises(openai.InternalServerError, match="told to fail"):
            client.images.generate(prompt="a cat")
        assert server.fake.begun == 2, "what fails for good is not tried again"


def test_moderation_refuses_before_and_in_the_middle(serve: Serve) -> None:
    server = serve(gate=STANDARD)
    with sdk(server) as client:
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError) as refused:
                client.images.generate(prompt="a nude woman", stream=stream)
            assert refused.value.code == "moderation_blocked"


def test_no_partial_image_shows_what_moderation_refuses(serve: Serve) -> None:
    server = serve(gate=Gate(pixels=Redness()), provider=Turning)
    shown: list[str] = []
    with sdk(server) as client:
        stream = client.images.generate(prompt="a cat", stream=True, partial_images=3, extra_body={"steps": STEPS})
        with pytest.raises(openai.APIError) as refused:
            shown.extend(event.b64_json for event in stream)
        assert refused.value.code == "moderation_blocked"
        with pytest.raises(openai.BadRequestError):
            client.images.generate(prompt="a cat", extra_body={"steps": STEPS})
    assert shown and all(redness(base64.b64decode(image)) < 0.8 for image in shown)


def test_litellm_draws(place: Town, tmp_path: Path) -> None:
    code = (
        "import sys, base64, litellm\n"
        "answer = litellm.image_generation(model='openai/fake', prompt='a cat', size='64x64', n=1,\n"
        "    api_base=sys.argv[1] + '/v1', api_key=sys.argv[2])\n"
        "print(base64.b64decode(answer.data[0].b64_json)[:4])\n"
    )
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "127.0.0.1"}
    run = subprocess.run(
        [sys.executable, "-c", code, place.server.url, place.keys["creator"]],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "PNG" in run.stdout
