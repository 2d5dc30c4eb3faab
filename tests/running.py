"""A real server in a process of its own, as a user would start it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**settings: object) -> dict[str, str]:
    """This process' environment without its settings of Safelight, and with the ones given."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("SAFELIGHT_")}
    given = {f"SAFELIGHT_{name.upper()}": str(value) for name, value in settings.items()}
    return kept | given | {"PYTHONPATH": str(ROOT / "src"), "NO_PROXY": "127.0.0.1", "NO_COLOR": "1", "COLUMNS": "200"}


def safelight(*arguments: str, cwd: Path, **settings: object) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end."""
    command = [sys.executable, "-m", "safelight", *arguments]
    return subprocess.run(
        command, env=environment(**settings), cwd=cwd, capture_output=True, text=True, timeout=110, check=False
    )


@contextmanager
def serving(folder: Path, *arguments: str, **settings: object) -> Iterator[str]:
    """A server with the fake engine on a free port; gives its address, and stops it politely."""
    command = [sys.executable, "-m", "safelight", "serve", "--engine", "fake", "--port", "0", *arguments]
    with subprocess.Popen(
        command, env=environment(home=folder / "home", **settings), cwd=folder, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield found.group()
                    break
            else:
                raise AssertionError("the server ended before it began")
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.stderr.read()
            assert process.wait(20) == 0, rest


def ask(server: str, path: str) -> dict[str, list[dict[str, str]]]:
    import httpx2

    document: dict[str, list[dict[str, str]]] = httpx2.get(server + path, trust_env=False).json()
    return document


def wait_until_running(server: str) -> None:
    for _ in range(200):
        if ask(server, "/api/v1/generations?state=running")["items"]:
            return
        time.sleep(0.05)
    raise AssertionError("nothing ran")
