"""The gallery over HTTP."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from PIL import Image

from safelight.store import metadata
from tests.store.making import png, recipe
from tests.way.house import Running
from tests.way.reader import GENERATIONS
from tests.way.test_submitting import assert_problem

pytestmark = pytest.mark.anyio
Serve = Callable[..., Running]
PICTURES = "/api/v1/pictures"
PNG = {"Content-Type": "image/png"}
NOBODY = f"pic_{'0' * 24}"


async def drawn(client: httpx2.AsyncClient, prompt: str = "a red dragon", **wish: Any) -> str:
    body = {"prompt": prompt, "steps": 1, "seed": 3, **wish}
    answer = await client.post(GENERATIONS, json=body, headers={"Prefer": "wait=20"})
    return str(answer.json()["pictures"][0]["id"])


async def found(client: httpx2.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get(PICTURES, params=query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_searching_and_sorting(client: httpx2.AsyncClient) -> None:
    dragon, cat = await drawn(client), await drawn(client, "a blue cat", seed=4)
    assert await found(client, q="dragon") == [dragon]
    assert await found(client, q="-dragon") == [cat]
    assert await found(client, sort="oldest") == [dragon, cat]
    assert await found(client, seed=4, model="fake") == [cat]
    assert await found(client, **{"from": "2020-01-01", "to": "2999-01-01T00:00:00Z"}) == [cat, dragon]
    changed = await client.patch(
        f"{PICTURES}/{cat}", json={"tags": ["Pet", "blue"], "favourite": True, "folder": "a/b"}
    )
    assert changed.json()["tags"] == ["blue", "pet"]
    assert await found(client, tag=["pet", "blue"]) == await found(client, favourite="true") == [cat]
    assert await found(client, folder="a/b", tag=["pet", "x"], tags="any") == [cat]
    assert (await client.get(f"{PICTURES}/tags")).json()["items"] == [
        {"name": "blue", "pictures": 1},
        {"name": "pet", "pictures": 1},
    ]
    assert (await client.get(f"{PICTURES}/folders")).json()["items"] == [{"name": "a/b", "pictures": 1}]


UNREADABLE = [
    "colour=red", "sort=best", "seed=-1", "seed=99999999999999999999", "width=0", "from=yesterday", "limit=0",
    "cursor=junk", "tags=some", "favourite=perhaps", f"q={'x' * 501}", "sampler=none", "origin=mars",
]  # fmt: skip
REFUSED: list[tuple[int, str, str, Any]] = [
    (404, "PATCH", NOBODY, {"tags": ["a"]}),
    (404, "POST", f"{NOBODY}/share", {}),
    (404, "POST", "export", {"ids": [NOBODY]}),
    (404, "GET", f"compare?ids={NOBODY},{NOBODY}", None),
    (422, "GET", "compare?ids=one", None),
    (422, "PATCH", NOBODY, {}),
    (422, "PATCH", NOBODY, {"tags": [""]}),
    (422, "PATCH", NOBODY, {"tags": ["x" * 65]}),
    (422, "PATCH", NOBODY, {"tags": ["a\0b"]}),
    (422, "PATCH", NOBODY, {"folder": " "}),
    (422, "PATCH", NOBODY, {"favourite": "yes"}),
    (422, "PATCH", NOBODY, {"colour": "red"}),
    (422, "POST", "bulk", {"action": "tag", "ids": [NOBODY]}),
    (422, "POST", "bulk", {"action": "burn", "ids": [NOBODY]}),
    (422, "POST", "bulk", {"action": "delete", "ids": []}),
    (422, "POST", "bulk", {"action": "delete", "ids": ["x"]}),
    (422, "POST", "bulk", {"action": "delete", "ids": [NOBODY] * 1001}),
    (422, "POST", f"{NOBODY}/share", {"expires_in": 1}),
    (422, "POST", "export", {"ids": []}),
]


async def test_what_cannot_be_read_or_is_not_there_is_refused(client: httpx2.AsyncClient) -> None:
    for query in UNREADABLE:
        assert_problem(await client.get(f"{PICTURES}?{query}"), 422)
    misspelt = assert_problem(await client.get(f"{PICTURES}?tagg=owl"), 422)
    assert misspelt["hint"] == "Did you mean 'tag'?"
    for status, method, path, body in REFUSED:
        assert_problem(await client.request(method, f"{PICTURES}/{path}", json=body), status)


async def test_the_trash(client: httpx2.AsyncClient) -> None:
    picture = await drawn(client)
    for _ in range(2):
        assert (await client.delete(f"{PICTURES}/{picture}")).status_code == 204
    assert await found(client) == []
    assert await found(client, trash="true") == [picture]
    assert (await client.get(f"{PICTURES}/{picture}/thumbnail")).status_code == 200
    body = {"action": "restore", "ids": [picture, NOBODY]}
    results = (await client.post(f"{PICTURES}/bulk", json=body)).json()["results"]
    assert results[0] == {"id": picture, "done": True, "detail": ""}
    assert results[1]["done"] is False and results[1]["detail"]
    assert await found(client) == [picture]
    await client.post(f"{PICTURES}/bulk", json={"action": "delete", "ids": [picture], "forever": True})
    assert_problem(await client.get(f"{PICTURES}/{picture}/file"), 404)
    assert await found(client, trash="true") == []


async def test_a_shared_picture_shows_itself_and_nothing_more(client: httpx2.AsyncClient) -> None:
    picture = await drawn(client)
    original = (await client.get(f"{PICTURES}/{picture}/file")).content
    link = (await client.post(f"{PICTURES}/{picture}/share", json={"expires_in": 60})).json()
    seen = await client.get(link["url"])
    assert seen.json()["recipe"] is None and "dragon" not in seen.text and picture not in seen.text
    assert (seen.headers["referrer-policy"], seen.headers["cache-control"]) == ("no-referrer", "private, no-store")
    file = await client.get(seen.json()["url"])
    assert picture not in str(file.headers)
    assert file.headers["content-type"] == "image/png" and b"dragon" in original and b"dragon" not in file.content
    assert Image.open(io.BytesIO(file.content)).tobytes() == Image.open(io.BytesIO(original)).tobytes()
    # With the recipe, it is the file as it is.
    whole = (await client.post(f"{PICTURES}/{picture}/share", json={"include_recipe": True})).json()
    assert (await client.get(whole["url"])).json()["recipe"]["prompt"] == "a red dragon"
    assert (await client.get(f"{whole['url']}/file")).content == original


async def test_a_link_ends_when_it_is_revoked_or_its_picture_goes(client: httpx2.AsyncClient, server: Running) -> None:
    picture = await drawn(client)
    urls = [(await client.post(f"{PICTURES}/{picture}/share", json={"expires_in": None})).json() for _ in range(3)]
    listed = (await client.get("/api/v1/shares", params={"picture": picture})).json()["items"]
    assert {item["id"] for item in listed} == {link["id"] for link in urls}
    # No token is kept: neither the list nor the database knows the address.
    tokens = [link["url"].removeprefix("/share/") for link in urls]
    assert all(len(token) >= 43 and token not in json.dumps(listed) for token in tokens)
    database = (server.plan.home / "safelight.db").read_bytes() + (server.plan.home / "safelight.db-wal").read_bytes()
    assert not any(token.encode() in database for token in tokens)
    for _ in range(2):
        assert (await client.delete(f"/api/v1/shares/{urls[0]['id']}")).status_code == 204
    assert_problem(await client.get(urls[0]["url"]), 404)
    assert (await client.get(urls[1]["url"])).status_code == 200
    await client.delete(f"{PICTURES}/{picture}")
    assert_problem(await client.get(urls[1]["url"]), 404)
    assert_problem(await client.get(f"{urls[1]['url']}/file"), 404)
    await client.delete(f"{PICTURES}/{picture}?forever=true")
    assert (await client.get("/api/v1/shares")).json()["items"] == []
    assert_problem(await client.get("/share/guessed"), 404)


async def test_comparing_two_pictures(client: httpx2.AsyncClient) -> None:
    one, other = await drawn(client), await drawn(client, seed=4, guidance=3.0)
    answer = (await client.get(f"{PICTURES}/compare", params={"ids": f"{one},{other}"})).json()
    assert {fault["field"] for fault in answer["recipe"]} == {"seed", "guidance"}
    assert answer["pixels"]["mean"] > 0 and answer["pixels"]["psnr"] > 0
    same = (await client.get(f"{PICTURES}/compare", params={"ids": f"{one},{one}"})).json()
    assert same == {"recipe": [], "pixels": {"mean": 0, "max": 0, "psnr": None}}
    small = (await client.post(PICTURES, content=png(width=8, height=8), headers=PNG)).json()["id"]
    answer = (await client.get(f"{PICTURES}/compare", params={"ids": f"{one},{small}"})).json()
    assert answer["pixels"] is None
    assert {"field": "prompt", "first": "a red dragon", "second": None} in answer["recipe"]


async def test_exporting_by_search_and_by_id(client: httpx2.AsyncClient) -> None:
    dragon, cat = await drawn(client), await drawn(client, "a cat")
    by_search = await client.get(f"{PICTURES}/export", params={"q": "dragon"})
    assert by_search.headers["content-type"] == "application/zip"
    assert by_search.headers["content-disposition"].startswith("attachment; filename*=UTF-8''safelight_")
    by_id = await client.post(f"{PICTURES}/export", json={"ids": [cat, dragon, cat]})
    for answer, ids in ((by_search, [dragon]), (by_id, [cat, dragon])):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.testzip() is None
            documents = json.loads(archive.read("recipes.json"))
            assert [document["id"] for document in documents] == ids
            assert archive.namelist() == [*(document["file"] for document in documents), "recipes.json"]
            for document in documents:
                assert archive.read(document["file"]) == (await client.get(document["url"])).content
    nothing = await client.get(f"{PICTURES}/export", params={"q": "nobody"})
    with zipfile.ZipFile(io.BytesIO(nothing.content)) as archive:
        assert json.loads(archive.read("recipes.json")) == []


@pytest.mark.parametrize("as_form", [False, True])
async def test_an_imported_picture_keeps_its_bytes_and_gives_its_recipe_back(
    client: httpx2.AsyncClient, as_form: bool
) -> None:
    data = metadata.embed(png(), recipe("an imported owl", model="elsewhere", width=256, height=256))
    if as_form:
        answer = await client.post(PICTURES, files={"file": ("owl.png", data, "image/png")})
    else:
        answer = await client.post(PICTURES, content=data, headers=PNG)
    assert answer.status_code == 201, answer.text
    record = answer.json()
    assert (record["origin"], record["generation"], record["seed"]) == ("safelight", None, 7)
    assert record["file_name"].startswith("imported_an-imported-owl_")
    assert (await client.get(record["url"])).content == data
    found_recipe = (await client.get(f"{PICTURES}/{record['id']}/recipe")).json()
    assert found_recipe["recipe"]["model"] is None
    assert found_recipe["notes"] == record["notes"] == ["model: elsewhere, which is not installed here"]
    assert await found(client, q="owl", origin="safelight") == [record["id"]]
    assert (await client.get(record["thumbnail_url"])).headers["content-type"] == "image/webp"
    # What came out of it can be drawn, and the picture itself be drawn from.
    wish = {
        **found_recipe["recipe"],
        "steps": 1,
        "sampler": "euler",
        "schedule": None,
        "image": {"image": record["id"]},
    }
    assert (await client.post(GENERATIONS, json=wish)).status_code == 202


async def test_what_camera_and_others_made_is_kept_as_it_is(client: httpx2.AsyncClient) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "a camera", 6
    for kind in ("JPEG", "WEBP"):
        out = io.BytesIO()
        Image.new("RGB", (24, 16), "red").save(out, kind, exif=exif)
        headers = {"Content-Type": f"image/{kind.lower()}"}
        record = (await client.post(PICTURES, content=out.getvalue(), headers=headers)).json()
        assert (record["origin"], record["recipe"], record["notes"]) == ("unknown", None, [])
        # As it is seen: the camera was held sideways.
        assert (record["width"], record["height"]) == (16, 24)
        assert Image.open(io.BytesIO((await client.get(record["thumbnail_url"])).content)).size == (16, 24)
        assert (await client.get(record["url"])).content == out.getvalue()
        link = (await client.post(f"{PICTURES}/{record['id']}/share", json={})).json()
        assert b"camera" not in (await client.get(f"{link['url']}/file")).content


async def test_what_cannot_be_imported_is_refused(client: httpx2.AsyncClient) -> None:
    for data, kind, status in (
        (b"not an image", "image/png", 422),
        (png()[:60], "image/png", 422),
        (b"", "image/webp", 422),
        (png(), "application/octet-stream", 415),
        (b"nothing", "multipart/form-data", 400),
        (b"x" * (33 * 2**20), "image/png", 413),
    ):
        assert_problem(await client.post(PICTURES, content=data, headers={"Content-Type": kind}), status)
    assert await found(client) == []


async def test_a_small_file_with_too_many_pixels_and_other_sites_are_refused(client: httpx2.AsyncClient) -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert len(out.getvalue()) < 2**20
    assert_problem(await client.post(PICTURES, content=out.getvalue(), headers=PNG), 422)
    assert_problem(await client.post(PICTURES, content=png(), headers={**PNG, "Sec-Fetch-Site": "cross-site"}), 403)
