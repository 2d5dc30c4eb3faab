"""The drill: what an earlier version kept, row for row and file for file, is there after the upgrade."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from PIL import Image
from sqlalchemy.ext.asyncio import create_async_engine

from safelight.store.database import MIGRATIONS
from safelight.store.dialects import WordList
from safelight.store.words import of_prompts
from tests import postgresql
from tests.running import serving

GENERATIONS, PICTURES = "/api/v1/generations", "/api/v1/pictures"
MADE = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
MOMENT = int(MADE.timestamp()) * 1_000_000
RECIPE = {
    "prompt": "a red dragon",
    "model": "fake",
    "seed": 7,
    "steps": 4,
    "width": 64,
    "height": 64,
    "sampler": "euler",
}
"""As versions of that time wrote it: without whatever recipes have learnt since."""
FAILED = {"kind": "failed", "code": "model_broken", "detail": "It broke.", "hint": "", "retryable": False}
OLD = {"gen_done": "finished", "gen_failed": "failed", "gen_cancelled": "cancelled"}
FILES = ("2026-03/fake_a-red-dragon.png", "2026-03/fake_a-red-dragon_2.png")
GALLERY = "0003"
"""The revision that pictures have tags, folders and words since."""
JSON, WHEN = sa.JSON(none_as_null=True), sa.DateTime(timezone=True)
TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "recipe": JSON, "error": JSON, "notes": JSON, "words": WordList(),
    "created_at": WHEN, "started_at": WHEN, "ended_at": WHEN, "moment": sa.BigInteger(),
}  # fmt: skip


def png() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "PNG")
    return buffer.getvalue()


def generation(id: str, *, state: str, error: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "id": id, "state": state, "recipe": RECIPE, "step": 4, "total": 4, "last_event": 9, "error": error,
        "created_at": MADE, "started_at": MADE, "ended_at": MADE,
    }  # fmt: skip


def picture(number: int, revision: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f"pic_old{number}", "generation": "gen_done", "picture": number, "whole": True,
        "created_at": MADE, "recipe": RECIPE | {"seed": 7 + number}, "seed": 7 + number,
        "width": 64, "height": 64, "media_type": "image/png", "bytes": len(png()), "blob": FILES[number],
        "thumbnail": FILES[number].replace(".png", ".thumbnail.png"), "thumbnail_width": 64, "thumbnail_height": 64,
    }  # fmt: skip
    if revision >= GALLERY:
        words = of_prompts(str(RECIPE["prompt"]), "")
        row |= {"moment": MOMENT + number, "origin": "drawn", "notes": [], "favourite": number == 0, "words": words}
        row |= {"model": "fake", "sampler": "euler", "folder": "dragons"}
    return row


def write(connection: sa.Connection, revision: str) -> None:
    """Rows as the schema of a revision has them."""
    rows = {
        "generations": [
            generation("gen_done", state="finished"),
            generation("gen_failed", state="failed", error=FAILED),
            generation("gen_cancelled", state="cancelled"),
        ],
        "pictures": [picture(number, revision) for number in range(2)],
        "picture_tags": [{"tag": "heirloom", "moment": MOMENT}] if revision >= GALLERY else [],
    }
    for name, some in rows.items():
        for row in some:
            columns = [sa.column(column, TYPES.get(column)) for column in row]
            connection.execute(sa.insert(sa.table(name, *columns)).values(row))


def at(url: str, revision: str, *, then: bool = False) -> None:
    """Bring a database to a revision, up or down; and write the rows of that time."""

    def there(connection: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        (command.upgrade if then else command.downgrade)(config, revision)
        if then:
            write(connection, revision)

    async def run() -> None:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(there)
        finally:
            await engine.dispose()

    asyncio.run(run())


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """A database without tables: its address, and the settings that lead there."""
    (tmp_path / "home").mkdir()
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'home' / 'safelight.db'}", {}
        return
    with postgresql.made() as url:
        yield url, {"database_url": url}


@contextmanager
def served(folder: Path, settings: dict[str, object]) -> Iterator[httpx2.Client]:
    with serving(folder, **settings) as address, httpx2.Client(base_url=address, timeout=60, trust_env=False) as client:
        yield client


def got(client: httpx2.Client, path: str, **params: str) -> Any:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    return answer.json()


def everything_is_there(client: httpx2.Client, revision: str) -> None:
    states = {one["id"]: one["state"] for one in got(client, GENERATIONS)["items"]}
    assert {one: states.get(one) for one in OLD} == OLD
    done = got(client, f"{GENERATIONS}/gen_done")
    assert RECIPE.items() <= done["recipe"].items()
    assert [one["id"] for one in done["pictures"]] == ["pic_old0", "pic_old1"]
    assert got(client, f"{GENERATIONS}/gen_failed")["error"]["code"] == "model_broken"
    found = got(client, PICTURES, q="dragon")["items"]
    assert sorted(one["id"] for one in found) == ["pic_old0", "pic_old1"]
    for one in found:
        assert client.get(one["url"]).content == png() == client.get(one["thumbnail_url"]).content
        assert got(client, f"{PICTURES}/{one['id']}/recipe")["recipe"]["seed"] == one["seed"]
    if revision >= GALLERY:
        (tagged,) = got(client, PICTURES, tag="heirloom")["items"]
        assert (tagged["id"], tagged["favourite"], tagged["folder"]) == ("pic_old0", True, "dragons")


@pytest.mark.parametrize("revision", ["0001", "0006"])
def test_what_an_earlier_version_kept_is_there(
    revision: str, kept: tuple[str, dict[str, object]], tmp_path: Path
) -> None:
    url, settings = kept
    at(url, revision, then=True)
    for name in FILES:
        for file in (name, name.replace(".png", ".thumbnail.png")):
            path = tmp_path / "home" / "pictures" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png())
    with served(tmp_path, settings) as client:
        everything_is_there(client, revision)
        # It is a database like any other from now on.
        wish = {"prompt": "a new one", "steps": 2}
        new = client.post(GENERATIONS, json=wish, headers={"Prefer": "wait=60"}).json()
        assert new["state"] == "finished"
    # Back to the earlier version, and up again: nothing of its own time is lost on the way.
    at(url, revision)
    with served(tmp_path, settings) as client:
        everything_is_there(client, revision)
