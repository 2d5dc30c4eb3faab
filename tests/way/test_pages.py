"""Everything else the server answers: pictures, models, health, the document, the studio."""

import gzip
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import httpx2
import pytest
from PIL import Image

from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS

pytestmark = pytest.mark.anyio
Serve = Callable[..., Running]


async def drawn(client: httpx2.AsyncClient) -> str:
    response = await client.post(
        GENERATIONS, json={"prompt": "a red dragon", "steps": 2, "seed": 3}, headers={"Prefer": "wait=20"}
    )
    return str(response.json()["pictures"][0]["id"])


async def test_a_picture_with_its_file_thumbnail_and_recipe(client: httpx2.AsyncClient) -> None:
    picture = await drawn(client)
    url = f"/api/v1/pictures/{picture}"
    record = (await client.get(url)).json()
    assert (await client.get(f"{url}/recipe")).json() == {"origin": "drawn", "recipe": record["recipe"], "notes": []}
    file = await client.get(f"{url}/file")
    assert file.headers["content-type"] == "image/png"
    assert file.headers["content-disposition"].startswith("inline; filename")
    assert record["file_name"] in file.headers["content-disposition"]
    assert len(file.content) == record["bytes"]
    image = Image.open(BytesIO(file.content))
    assert image.size == (256, 256)
    assert "a red dragon" in str(image.info)
    again = await client.get(f"{url}/file", headers={"If-None-Match": file.headers["ETag"]})
    assert again.status_code == 304
    assert (await client.get(f"{url}/file?download=true")).headers["content-disposition"].startswith("attachment")
    assert (await client.get(f"{url}/thumbnail")).headers["content-type"] == "image/webp"


async def test_a_deleted_picture_is_gone_and_may_be_deleted_again(client: httpx2.AsyncClient) -> None:
    picture = await drawn(client)
    for _ in range(2):
        assert (await client.delete(f"/api/v1/pictures/{picture}?forever=true")).status_code == 204
    assert (await client.get(f"/api/v1/pictures/{picture}/file")).status_code == 404
    assert (await client.get("/api/v1/pictures")).json()["items"] == []


async def test_models_providers_and_presets(client: httpx2.AsyncClient) -> None:
    models = (await client.get("/api/v1/models")).json()
    assert [card["id"] for card in models["items"]] == ["fake"]
    assert models["next_cursor"] is None
    assert (await client.get("/api/v1/adapters")).json() == {"items": [], "next_cursor": None}
    providers = (await client.get("/api/v1/providers")).json()["items"]
    assert [(provider["name"], provider["ready"]) for provider in providers] == [("fake", True)]
    presets = (await client.get("/api/v1/presets")).json()
    assert [tier["id"] for tier in presets["tiers"]] == ["quick", "optimized", "high", "ultra"]
    assert len(presets["resolutions"]) == 8


async def test_health_ready_and_diagnostics(client: httpx2.AsyncClient, server: Running) -> None:
    assert (await client.get("/health")).json()["status"] == "ok"
    assert (await client.get("/ready")).status_code == 200
    found = (await client.get("/diagnostics")).json()
    assert found["packages"]["fastapi"]
    assert found["machine"]["disk_free_bytes"] > 0
    assert found["queue"]["running"] == 0
    await server.fake.close()
    not_ready = await client.get("/ready")
    assert not_ready.status_code == 503
    assert not_ready.headers["Retry-After"]


async def test_every_answer_carries_the_security_headers(client: httpx2.AsyncClient) -> None:
    for path in ("/", "/health", "/api/v1/nothing", "/openapi.json"):
        headers = (await client.get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_without_a_studio_the_root_says_where_to_begin(client: httpx2.AsyncClient) -> None:
    root = (await client.get("/", headers={"Accept": "text/html"})).json()
    assert root["api"] == "/api/v1"
    assert root["hint"]


async def test_the_studio_comes_packed_to_whoever_unpacks(serve: Serve, tmp_path: Path) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text("studio")
    for name in ("app-1a2b.js", "small.js"):
        (assets / name).write_text("let it = 1;")
    (assets / "app-1a2b.js.gz").write_bytes(gzip.compress(b"let it = 1;"))
    async with connected(serve(studio=tmp_path)) as client:
        for path, encoding in (
            ("/assets/app-1a2b.js", "br, gzip;q=0.8"),
            ("/assets/app-1a2b.js", "identity"),
            ("/assets/app-1a2b.js", "gzip;q=0, identity"),
            ("/assets/small.js", "gzip"),
        ):
            answer = await client.get(path, headers={"Accept-Encoding": encoding})
            packed = "app" in path and "0.8" in encoding
            assert answer.text == "let it = 1;"
            assert answer.headers.get("content-encoding") == ("gzip" if packed else None)
            assert answer.headers.get("vary") == ("Accept-Encoding" if "app" in path else None)
            assert "javascript" in answer.headers["content-type"]


async def test_the_studio_answers_its_own_addresses_and_no_others(serve: Serve, tmp_path: Path) -> None:
    studio = tmp_path / "studio"
    (studio / "assets").mkdir(parents=True)
    (studio / "index.html").write_text("<title>studio</title>__NONCE__")
    (studio / "assets" / "app-1a2b.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    html = {"Accept": "text/html"}
    nonces: list[str] = []
    async with connected(serve(studio=studio)) as client:
        for page in ("/", "/gallery", "/generations/abc"):
            response = await client.get(page, headers=html)
            assert response.status_code == 200 and response.text.startswith("<title>studio</title>")
            assert response.headers["cache-control"] == "no-cache"
            nonces.append(response.text.removeprefix("<title>studio</title>"))
            assert f"style-src 'self' 'nonce-{nonces[-1]}'" in response.headers["content-security-policy"]
        assert len(set(nonces)) == 3
        asset = await client.get("/assets/app-1a2b.js")
        assert "immutable" in asset.headers["cache-control"]
        assert "javascript" in asset.headers["content-type"]
        for path in ("/assets/app-old.js", "/api/v1/nothing", "/api", "/v1/images"):
            missing = await client.get(path, headers=html)
            assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
        for path in (
            "/..%2fsecret.txt",
            "/%2e%2e/secret.txt",
            "/%00",
            f"/{'x' * 5000}",
            "/assets/..%2f..%2fsecret.txt",
        ):
            assert (await client.get(path)).status_code == 404
        assert (await client.get("/gallery")).status_code == 404
        assert (await client.post("/gallery", headers=html)).status_code == 404
