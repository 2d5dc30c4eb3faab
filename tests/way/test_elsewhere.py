"""A server that keeps its rows in PostgreSQL and its files in a bucket."""

from pathlib import Path

import httpx2
import pytest

from tests.bucket import BucketServer
from tests.running import serving

GENERATIONS, PICTURES = "/api/v1/generations", "/api/v1/pictures"


def drawn(client: httpx2.Client, **recipe: object) -> dict[str, str]:
    """A picture as soon as it is there."""
    body = {"prompt": "a red dragon", "steps": 2, "seed": 3, **recipe}
    answer = client.post(GENERATIONS, json=body, headers={"Prefer": "wait=30"})
    assert answer.status_code == 200, answer.text
    picture: dict[str, str] = answer.json()["pictures"][0]
    return picture


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_pictures_go_through_the_server_or_straight_from_the_bucket(
    tmp_path: Path, database: str, bucket_server: BucketServer
) -> None:
    bucket = {
        "database_url": database,
        "s3_bucket": bucket_server.make(),
        "s3_endpoint": bucket_server.url,
        "s3_key_id": "me",
        "s3_secret_key": "geheim",
    }
    with serving(tmp_path, **bucket) as address, httpx2.Client(base_url=address, timeout=30, trust_env=False) as client:
        picture = drawn(client)
        image = client.post("/api/v1/images", content=client.get(picture["url"]).content, headers=PNG).json()["id"]
        served = client.get(picture["url"])
        assert served.status_code == 200 and served.content.startswith(b"\x89PNG")
        assert bucket_server.url not in served.headers["content-security-policy"]
        kept = client.get("/api/v1/storage").json()
        assert kept["pictures"] == {"count": 1, "bytes": len(served.content)} and kept["inputs"]["count"] == 1
    with (
        serving(tmp_path, s3_direct=True, **bucket) as address,
        httpx2.Client(base_url=address, timeout=30, trust_env=False) as client,
    ):
        sent = client.get(picture["url"])
        assert sent.status_code == 307 and sent.headers["cache-control"] == "no-store"
        assert f"img-src 'self' {bucket_server.url} " in sent.headers["content-security-policy"]
        assert httpx2.get(sent.headers["location"], trust_env=False).content == served.content
        small = client.get(picture["thumbnail_url"], follow_redirects=True)
        assert small.headers["content-type"] == "image/webp"
        assert client.get(picture["url"], params={"download": "true"}).content == served.content
        assert client.get(f"/api/v1/images/{image}").status_code == 200
        drawn(client, image={"image": image})
        assert client.delete(f"{PICTURES}/{picture['id']}?forever=true").status_code == 204
        assert httpx2.get(sent.headers["location"], trust_env=False).status_code == 404
        assert client.get(f"{PICTURES}/%00").status_code == 400
    own = {"safelight.lock", "credentials", "root.pem", "chain.pem", "key.pem"}
    assert {path.name for path in (tmp_path / "home").rglob("*")} == own


PNG = {"Content-Type": "image/png"}
