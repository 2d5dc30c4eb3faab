from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.way.house import Plan, Running, running


@pytest.fixture
def serve(tmp_path: Path) -> Generator[Callable[..., Running], None, None]:
    """Start a server with the given differences from the ordinary one."""
    with ExitStack() as stack:

        def start(**differences: Any) -> Running:
            return stack.enter_context(running(Plan(home=tmp_path, **differences)))

        yield start


@pytest.fixture
def server(serve: Callable[..., Running]) -> Running:
    return serve()


@pytest.fixture
async def client(server: Running) -> AsyncGenerator[httpx2.AsyncClient, None]:
    async with connected(server) as client:
        yield client


def connected(server: Running) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=None)
    return httpx2.AsyncClient(base_url=server.url, timeout=30, limits=limits, trust_env=False, verify=False)
