"""A Redis of a test's own, which can go away and come back."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.running import free_port

SHARED = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


def answering(url: str = SHARED) -> str:
    """The address of this machine's Redis. Skips where there is none, but not in CI."""
    try:
        with Redis.from_url(url) as client:
            client.ping()
    except RedisError:
        reason = f"no Redis answers at {url} (TEST_REDIS_URL names another)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return url


@dataclass
class OwnRedis:
    """Keeps nothing on disk: what it knew is gone after `stop`."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no", "--dir"]
        command.append(str(self.folder))
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with Redis.from_url(self.url) as client:
            for _ in range(600):
                try:
                    client.ping()
                    return
                except RedisError:
                    time.sleep(0.05)
        raise AssertionError("the Redis server did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def own(folder: Path) -> Iterator[OwnRedis]:
    if shutil.which("redis-server") is None:
        reason = "there is no redis-server on this machine"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    server = OwnRedis(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
