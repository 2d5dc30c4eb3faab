"""A short one of `benchmarks/chaos.py`: two servers and a Redis, killed again and again for some seconds."""

import asyncio
import random
import runpy
import shutil
import sys
from functools import partial
from pathlib import Path

import httpx2
import pytest

from safelight.scale.supervisor import Part, Supervisor
from safelight.scale.trying import Trial, free_port
from tests.running import ROOT

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.timeout(300),
    pytest.mark.parametrize("database", ["postgresql"], indirect=True),
]
DRILL = runpy.run_path(str(ROOT / "benchmarks" / "chaos.py"))["Drill"]


async def answers(port: int) -> bool:
    try:
        async with httpx2.AsyncClient(trust_env=False, timeout=5) as client:
            return (await client.get(f"http://127.0.0.1:{port}/health")).status_code == 200
    except httpx2.HTTPError:
        return False


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def a_redis(port: int, folder: Path) -> Part:
    options = ["--port", str(port), "--save", "", "--dir", str(folder)]
    return Part(name="redis", command=["redis-server", *options], ready=partial(listens, port))


def a_server(name: str, port: int, *, folder: Path, database: str, redis: int) -> Part:
    options = ["--database", database, "--owner", name, "--together", "--lease-s", "5", "--checkpoint-s", "0"]
    options += ["--redis", f"redis://127.0.0.1:{redis}/0", "--seconds-per-step", "0.05"]
    command = [sys.executable, "-m", "tests.way.house", str(folder), str(port), *options]
    env = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    return Part(name=name, command=command, env=env, ready=partial(answers, port))


async def test_servers_and_redis_die_under_load_and_nothing_is_lost(tmp_path: Path, database: str) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server on this machine")
    supervisor = Supervisor(tmp_path / "logs")
    redis, ports = free_port(), [free_port(), free_port()]
    try:
        await supervisor.start(a_redis(redis, tmp_path))
        for number, port in enumerate(ports):
            await supervisor.start(a_server(f"server-{number}", port, folder=tmp_path, database=database, redis=redis))
        trial = Trial(supervisor, [f"http://127.0.0.1:{port}" for port in ports], {})
        drill = DRILL(trial, steps=20, size=64, together=3, seeds=3, chance=random.Random(7))
        outcome = await drill.run(seconds=10, every_s=2, kinds={"server", "redis"})
    finally:
        await supervisor.close()
    assert outcome.complaints == []
    assert outcome.accepted == outcome.finished > 0
    assert outcome.kills.total() > 0
