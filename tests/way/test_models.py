"""Models over HTTP and on the command line, with the real engine and a hub of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.engine.hub_server import FakeHub, serving
from tests.engine.stock import make_stock_pipeline
from tests.running import environment, safelight

REPOSITORY = "someone/tiny"
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHub]:
    root = tmp_path_factory.mktemp("hub")
    make_stock_pipeline(root / REPOSITORY)
    with serving(FakeHub(root)) as hub:
        yield hub


@pytest.fixture
def around(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that knows no other hub."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return tmp_path


class LocalServer:
    """A server with the real engine and no model of its own but `first`."""

    def __init__(self, folder: Path, first: Path) -> None:
        command = [sys.executable, "-m", "safelight", "serve", "--port", "0"]
        settings = {"home": folder / "home", "models": first, "default_model": first.name, "device": "cpu"}
        self._process = subprocess.Popen(
            command, env=environment(**settings), cwd=folder, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        address = next(word for line in self._process.stderr for word in line.split() if word.startswith("http"))
        self._client = httpx2.Client(base_url=address, timeout=120, trust_env=False)

    def __enter__(self) -> "LocalServer":
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=60)

    def ask(self, method: str, path: str, **body: object) -> httpx2.Response:
        return self._client.request(method, f"/api/v1{path}", json=body or None)

    def model(self, id: str) -> dict[str, Any]:
        return next(card for card in self.ask("GET", "/models").json()["items"] if card["id"] == id)

    def wait_for(self, id: str, state: str) -> dict[str, Any]:
        deadline = time.monotonic() + 60
        while (card := self.model(id))["state"] != state:
            assert time.monotonic() < deadline, card
            time.sleep(0.05)
        return card


def test_a_model_is_added_drawn_with_kept_and_removed(around: Path) -> None:
    first = make_stock_pipeline(around / "first")
    with LocalServer(around, first) as server:
        assert server.model("sdxl-base")["state"] == "absent"
        absent = server.ask("POST", "/generations", prompt="a cat", model="sdxl-base")
        assert absent.status_code == 422 and "POST /api/v1/models" in absent.json()["hint"]

        added = server.ask("POST", "/models", source=REPOSITORY)
        assert added.status_code in (201, 202)
        assert server.ask("POST", "/models", source=REPOSITORY).status_code == 409
        server.wait_for("tiny", "installed")

        assert server.ask("POST", "/models/tiny/residency").status_code == 204
        assert server.model("tiny")["state"] == "loaded"
        drawn = server.ask("POST", "/generations?wait=60", prompt="a cat", model="tiny", steps=2)
        assert drawn.is_success
        assert server.ask("DELETE", "/models/tiny/residency").status_code in (204, 409)

        for refused in ({"source": "/no/such/thing"}, {"source": "x", "colour": "red"}, {"source": "someone/else"}):
            answer = server.ask("POST", "/models", **refused)
            assert answer.status_code == 422 and answer.json()["hint"]
        assert server.ask("DELETE", "/models/first").status_code == 400
        assert server.ask("POST", "/models/nothing/residency").status_code == 422

    with LocalServer(around, first) as server:
        server.wait_for("tiny", "installed")
        assert server.ask("DELETE", "/models/tiny").status_code == 204
        assert "tiny" not in [card["id"] for card in server.ask("GET", "/models").json()["items"]]


def test_the_command_line_adds_lists_draws_and_removes(around: Path) -> None:
    settings = {"home": around / "home", "device": "cpu"}
    added = safelight("models", "add", REPOSITORY, cwd=around, **settings)
    assert added.returncode == 0, added.stderr
    assert "tiny" in added.stdout
    listed = safelight("models", cwd=around, **settings)
    assert [line for line in listed.stdout.splitlines() if line.startswith("tiny ") and "installed" in line]
    drawn = safelight("generate", "a cat", "--model", "tiny", "--steps", "1", "-o", "cat.png", cwd=around, **settings)
    assert drawn.returncode == 0, drawn.stderr
    assert (around / "cat.png").is_file()
    assert safelight("models", "remove", "tiny", cwd=around, **settings).returncode == 0
    gone = safelight("models", "remove", "tiny", cwd=around, **settings)
    assert gone.returncode == 2 and "→" in gone.stderr


def test_a_pickle_is_refused_on_the_command_line(around: Path) -> None:
    (around / "model.ckpt").write_bytes(b"\x80\x04.")
    run = safelight("models", "add", "model.ckpt", cwd=around, home=around / "home")
    assert run.returncode != 0
    assert "pickle" in run.stderr and "Traceback" not in run.stderr
    assert os.listdir(around / "home") in (["safelight.lock"], [])
