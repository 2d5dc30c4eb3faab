"""Fixtures that every room's tests may use."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from safelight.store.blobs import MemoryBlobs
from safelight.store.gallery import Gallery
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from tests import bucket, postgresql

# No test is about how fast the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a GPU is skipped, and said to be, where there is none."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if marked and not _has_cuda():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="gpu: there is no CUDA device"))


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the person who runs the tests reaches a test, and no test writes to that person's home."""
    for name in [name for name in os.environ if name.upper().startswith("SAFELIGHT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SAFELIGHT_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def newest_postgresql() -> Iterator[str]:
    """A database on the newest schema, for one test after the other: to make one takes longer than most tests."""

    async def open_and_close(url: str) -> None:
        await (await Records.open(url)).close()

    with postgresql.made() as url:
        asyncio.run(open_and_close(url))
        yield url


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without rows: SQLite's, unless a test asks for `postgresql`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'safelight.db'}"
        return
    url = request.getfixturevalue("newest_postgresql")
    yield url
    postgresql.empty(url)


@pytest.fixture
async def records(database: str) -> AsyncIterator[Records]:
    opened = await Records.open(database)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[bucket.BucketServer]:
    with bucket.serving() as server:
        yield server


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def pictures(records: Records, blobs: MemoryBlobs) -> Pictures:
    return Pictures(records, blobs)


@pytest.fixture
def gallery(records: Records, pictures: Pictures) -> Gallery:
    return Gallery(records, pictures)
