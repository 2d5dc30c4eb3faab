"""The real engine behind a real server that is killed: the picture is the one that it would have become."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.engine.stock import make_stock_pipeline
from tests.running import environment
from tests.way.reader import GENERATIONS, following, heard, pixels, submitted

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
RECIPE: dict[str, Any] = {"prompt": "a red dragon", "steps": 80, "seed": 3, "count": 2, "sampler": "euler_a"}


@contextmanager
def engine(home: Path, model: Path, **others: object) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A server with the local engine, written down after every step; its address and its process."""
    settings: dict[str, object] = {
        "home": home,
        "models": model,
        "default_model": model.name,
        "dtype": "float32",
        "checkpoint_s": 0,
    } | others
    command = [sys.executable, "-m", "safelight", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment(**settings), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            address = next(found.group() for line in process.stderr if (found := re.search(r"http://[\d.:]+", line)))
            yield address, process
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
            process.stderr.read()


def connected(address: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=address, timeout=120, trust_env=False, verify=False)


async def drawn(client: httpx2.AsyncClient, generation: str) -> list[bytes]:
    """The pixels: a file is signed anew each time."""
    last = (await heard(client, generation, preview="codec:none"))[-1]
    assert last.kind == "finished", last
    return [pixels((await client.get(picture["url"])).content) for picture in last.data["pictures"]]


async def test_killed_in_mid_run_it_goes_on_from_its_checkpoints_to_the_same_pictures(tmp_path: Path) -> None:
    model = make_stock_pipeline(tmp_path / "tiny")
    with engine(tmp_path / "home", model) as (address, process):
        async with connected(address) as client:
            expected = await drawn(client, await submitted(client, **RECIPE))
            generation = await submitted(client, **RECIPE)
            async with following(client, generation, preview="codec:none") as events:
                async for event in events:
                    if event.data.get("step") == 20:
                        break
            turned = await client.patch(f"{GENERATIONS}/{generation}", json={"guidance": 3.0})
            steered = turned.json()["recipe"]
            process.kill()
    with engine(tmp_path / "home", model) as (address, _):
        async with connected(address) as client:
            events_after = await heard(client, generation, preview="codec:none")
            steps = [event.data["step"] for event in events_after if event.kind == "step"]
            assert min(steps) > 15 and max(steps) == 80
            recovered = await drawn(client, generation)
            recipe = {name: value for name, value in steered.items() if value is not None}
            assert recovered == await drawn(client, await submitted(client, **recipe))
            assert recovered != expected
