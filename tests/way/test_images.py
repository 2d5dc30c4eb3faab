"""Images to draw with, over HTTP."""

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx2
import pytest
from PIL import Image

from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS, heard, pixels, submitted
from tests.way.test_stepping import picture_of
from tests.way.test_submitting import assert_problem

pytestmark = pytest.mark.anyio
IMAGES = "/api/v1/images"


def encoded(kind: str = "PNG", *, size: tuple[int, int] = (24, 16), colour: str = "red", **options: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def data_url(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
async def test_an_image_is_kept_once_and_comes_back_as_it_was(client: httpx2.AsyncClient, kind: str) -> None:
    data = encoded(kind.upper())
    sent = await client.post(IMAGES, content=data, headers={"Content-Type": f"image/{kind}"})
    assert sent.status_code == 201
    image = sent.json()
    assert (image["width"], image["height"], image["media_type"]) == (24, 16, f"image/{kind}")
    form = await client.post(IMAGES, files={"file": (f"cat.{kind}", data, f"image/{kind}")})
    assert form.json() == image
    back = await client.get(image["url"])
    assert (back.content, back.headers["content-type"]) == (data, f"image/{kind}")
    assert_problem(await client.get(f"{IMAGES}/img_{'0' * 64}"), 404)


async def test_what_a_camera_noted_is_left_out_and_it_stands_upright(client: httpx2.AsyncClient) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera that knows where it is"
    data = encoded("JPEG", exif=exif)
    image = (await client.post(IMAGES, content=data, headers={"Content-Type": "image/jpeg"})).json()
    assert (image["width"], image["height"]) == (16, 24)
    assert b"camera" not in (await client.get(image["url"])).content


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"not an image", "image/png", 422),
        (encoded()[:50], "image/png", 422),
        (encoded("GIF"), "image/png", 422),
        (b"", "image/webp", 422),
        (encoded(size=(8000, 4100)), "image/png", 422),
        (encoded(), "image/gif", 415),
        (encoded(), "application/octet-stream", 415),
        (b"--x--", "multipart/form-data; boundary=x", 400),
        (b"nothing", "multipart/form-data", 400),
    ],
)
async def test_what_is_no_image_is_refused(client: httpx2.AsyncClient, data: bytes, kind: str, status: int) -> None:
    assert_problem(await client.post(IMAGES, content=data, headers={"Content-Type": kind}), status)


async def test_a_page_of_another_site_cannot_fill_the_disk(server: Running, client: httpx2.AsyncClient) -> None:
    files = {"file": ("cat.png", encoded(), "image/png")}
    for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert_problem(await client.post(IMAGES, files=files, headers=headers), 403)
    for headers in ({"Origin": server.url}, {"Sec-Fetch-Site": "same-origin"}):
        assert (await client.post(IMAGES, files=files, headers=headers)).status_code == 201


async def test_an_image_in_a_recipe_may_be_given_in_three_ways(client: httpx2.AsyncClient) -> None:
    image = (await client.post(IMAGES, content=encoded(), headers={"Content-Type": "image/png"})).json()["id"]
    plain = await submitted(client, steps=2, seed=1)
    kept = (await heard(client, plain))[-1].data["pictures"][0]["id"]
    drawn = {}
    for given in (image, data_url(encoded()), kept):
        generation = await submitted(client, steps=2, seed=1, image={"image": given}, prompt_image={"image": image})
        recipe = (await client.get(f"{GENERATIONS}/{generation}")).json()["recipe"]
        assert recipe["image"]["image"] == (kept if given == kept else image)
        drawn[given] = pixels(await picture_of(client, generation))
    assert drawn[image] == drawn[data_url(encoded())] != drawn[kept]
    assert drawn[image] != pixels(await picture_of(client, plain))


@pytest.mark.parametrize(
    ("recipe", "field"),
    [
        ({"image": {"image": f"img_{'0' * 64}"}}, "image.image"),
        ({"image": {"image": f"pic_{'0' * 24}"}}, "image.image"),
        ({"image": {"image": "cat.png"}}, "image.image"),
        ({"prompt_image": {"image": data_url(b"not an image")}}, "prompt_image.image"),
        ({"injections": [{"first": 1, "mask": data_url(encoded()[:50])}]}, "injections.0.mask"),
    ],
)
async def test_an_image_that_is_not_there_is_named_by_its_field(
    client: httpx2.AsyncClient, recipe: dict[str, Any], field: str
) -> None:
    problem = assert_problem(await client.post(GENERATIONS, json={"prompt": "a", **recipe}), 422)
    assert field in [fault["field"] for fault in problem["errors"]]


async def test_a_recipe_may_be_large_for_its_images_only(client: httpx2.AsyncClient) -> None:
    out = BytesIO()
    Image.effect_noise((900, 900), 100).save(out, "PNG")
    assert len(out.getvalue()) > 2**19
    generation = await submitted(client, steps=1, image={"image": data_url(out.getvalue())})
    assert (await heard(client, generation))[-1].kind == "finished"
    assert_problem(await client.post(GENERATIONS, json={"prompt": "a", "model": "x" * 2**19}), 413)


async def test_a_picture_that_went_before_its_turn_came_is_told_of(serve: Callable[..., Running]) -> None:
    server = serve(seconds_per_step=0.05, running_pictures=1)
    async with connected(server) as client:
        kept = (await heard(client, await submitted(client, steps=1)))[-1].data["pictures"][0]["id"]
        first = await submitted(client, steps=100)
        waiting = await submitted(client, image={"image": kept})
        await client.delete(f"/api/v1/pictures/{kept}?forever=true")
        await client.delete(f"{GENERATIONS}/{first}")
        last = (await heard(client, waiting))[-1]
        assert (last.kind, last.data["code"]) == ("failed", "not_found")
