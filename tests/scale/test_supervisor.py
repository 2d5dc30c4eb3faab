"""Processes that are kept running."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

import pytest

from safelight.domain.errors import Misconfigured
from safelight.scale.supervisor import Part, Supervisor
from safelight.scale.trying import shown

pytestmark = pytest.mark.anyio
STAYS = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(600)"


@pytest.fixture
async def supervisor(tmp_path: Path) -> AsyncGenerator[Supervisor, None]:
    made = Supervisor(tmp_path / "logs")
    yield made
    await made.close()


async def written(file: Path) -> bool:
    return await asyncio.to_thread(lambda: file.exists() and bool(file.read_text()))


def staying(file: Path, *, name: str = "one") -> Part:
    return Part(name=name, command=[sys.executable, "-c", STAYS, str(file)], ready=partial(written, file))


async def test_what_dies_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    file = tmp_path / "one"
    await supervisor.start(staying(file))
    first = int(file.read_text())
    assert supervisor.parts["one"].pid == first
    file.write_text("")
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(60):
        while not await written(file):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.05)
    assert int(file.read_text()) != first and supervisor.parts["one"].starts == 2


async def test_all_of_them_end_together(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path / "logs")
    for name in ("one", "two"):
        await supervisor.start(staying(tmp_path / name, name=name))
    await supervisor.close()
    for name in ("one", "two"):
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / name).read_text()), 0)


async def test_what_does_not_start_says_why(supervisor: Supervisor, tmp_path: Path) -> None:
    part = Part(
        name="one",
        command=[sys.executable, "-c", "raise SystemExit('no paper left')"],
        ready=partial(written, tmp_path / "x"),
    )
    with pytest.raises(Misconfigured, match=r"one does not start: no paper left") as refused:
        await supervisor.start(part)
    assert "one.log" in refused.value.hint


def test_an_address_is_shown_without_its_password() -> None:
    assert shown("redis://:secret@host:1/0") == "redis://host:1/0"
    assert shown("postgresql+asyncpg://me:secret@host/db") == "postgresql+asyncpg://host/db"
