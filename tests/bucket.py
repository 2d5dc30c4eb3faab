"""A server that speaks S3, in a process of its own, and buckets on it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import httpx2

from safelight.store.s3 import Bucket
from tests.running import free_port


@dataclass(frozen=True)
class BucketServer:
    """Where it is."""

    url: str

    def make(self) -> str:
        """A new bucket's name."""
        name = f"pictures-{uuid4().hex}"
        httpx2.put(f"{self.url}/{name}", trust_env=False).raise_for_status()
        return name

    def bucket(self, **differences: object) -> Bucket:
        """How to get into a new bucket."""
        ordinary = {"endpoint": self.url, "key_id": "me", "secret_key": "geheim", "prefix": "shared/with others"}
        if "name" not in differences:
            ordinary["name"] = self.make()
        return Bucket(**(ordinary | differences))  # type: ignore[arg-type]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody has access."""
        self._let_in("0")
        try:
            yield
        finally:
            self._let_in("inf")

    def _let_in(self, requests: str) -> None:
        answer = httpx2.post(f"{self.url}/moto-api/reset-auth", content=requests, trust_env=False)
        answer.raise_for_status()


@contextmanager
def serving() -> Iterator[BucketServer]:
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(f"http://127.0.0.1:{port}")
            yield BucketServer(f"http://127.0.0.1:{port}")
        finally:
            process.kill()


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            httpx2.get(f"{url}/moto-api/", trust_env=False)
            return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError("the S3 server did not start")
