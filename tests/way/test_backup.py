"""The drill: a server is backed up while it draws, destroyed, and brought back somewhere else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests import postgresql
from tests.bucket import BucketServer
from tests.running import safelight, serving

GENERATIONS, PICTURES = "/api/v1/generations", "/api/v1/pictures"


@contextmanager
def connected(folder: Path, **settings: object) -> Iterator[httpx2.Client]:
    with serving(folder, **settings) as address, httpx2.Client(base_url=address, timeout=60, trust_env=False) as client:
        yield client


def everything(client: httpx2.Client) -> dict[str, Any]:
    """Every picture with its recipe, its file and its thumbnail, by id."""
    return {
        picture["id"]: (picture, client.get(picture["url"]).content, client.get(picture["thumbnail_url"]).content)
        for picture in client.get(PICTURES, params={"limit": 200}).json()["items"]
    }


def drawn(client: httpx2.Client, **recipe: object) -> None:
    body = {"prompt": "a red dragon", "steps": 2, **recipe}
    assert client.post(GENERATIONS, json=body, headers={"Prefer": "wait=30"}).status_code == 200


@pytest.mark.parametrize("way", ["sqlite and disk to postgresql and s3", "postgresql and s3 to sqlite and disk"])
def test_what_was_there_before_the_backup_is_there_again(tmp_path: Path, way: str, bucket_server: BucketServer) -> None:
    bucket = {
        "s3_bucket": bucket_server.make(),
        "s3_endpoint": bucket_server.url,
        "s3_key_id": "me",
        "s3_secret_key": "geheim",
    }
    # Slow at first, so that the last one is surely under way while the backup is taken; then quick.
    slow, quick = {"fake_step_s": 0.1, "checkpoint_s": 0}, {"fake_step_s": 0.001}
    with postgresql.made() as url:
        large: dict[str, object] = {**bucket, "database_url": url}
        first, second = ({}, large) if way.startswith("sqlite") else (large, {})
        backup, old, new = tmp_path / "all.tar", tmp_path / "old", tmp_path / "new"
        for folder in (old, new):
            folder.mkdir()
        with connected(old, **slow, **first) as client:
            for seed in range(2):
                drawn(client, seed=seed, count=2)
            png = client.get(client.get(PICTURES).json()["items"][0]["url"]).content
            image = client.post("/api/v1/images", content=png, headers={"Content-Type": "image/png"}).json()["id"]
            drawn(client, seed=7, image={"image": image})
            under_way = client.post(GENERATIONS, json={"prompt": "a ship", "steps": 150, "seed": 3}).json()["id"]
            before = everything(client)
            run = safelight("backup", str(backup), cwd=tmp_path, home=old / "home", **first)
            assert run.returncode == 0, run.stderr
            assert "4 generations, 5 pictures, 1 images" in run.stdout and "geheim" not in run.stdout
            assert client.get(f"{GENERATIONS}/{under_way}").json()["state"] == "running", "nothing stood still"
            drawn(client, seed=99)
        shutil.rmtree(old)
        run = safelight("restore", str(backup), cwd=tmp_path, home=new / "home", **second)
        assert run.returncode == 0, run.stderr
        again = safelight("restore", str(backup), cwd=tmp_path, home=new / "home", **second)
        assert again.returncode == 2 and "already" in again.stderr
        with connected(new, **quick, **second) as client:
            after = everything(client)
            assert {picture: after[picture] for picture in before} == before and len(before) == 5
            assert client.get(f"/api/v1/images/{image}").content == png
            events = client.get(f"{GENERATIONS}/{under_way}/events", params={"preview": "codec:none"}).text
            assert '"kind":"finished"' in events and '"went_on"' in events
            assert set(everything(client)) > set(before)
