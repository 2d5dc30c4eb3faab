"""`serve` and what is asked about it: `doctor`, `openapi`, the logs."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from tests.running import ROOT, environment, safelight, serving, wait_until_running


def test_serve_says_where_and_stops_cleanly_and_goes_on_later(tmp_path: Path) -> None:
    import httpx2

    with serving(tmp_path) as first:
        made = httpx2.post(
            f"{first}/api/v1/generations", json={"prompt": "an owl", "steps": 60}, trust_env=False
        ).json()
        wait_until_running(first)
    with serving(tmp_path) as second:
        headers = {"Last-Event-ID": "0"}
        url = second + made["links"]["events"]
        text = httpx2.get(url, headers=headers, timeout=60, trust_env=False).text
    assert '"kind":"finished"' in text


def test_two_servers_do_not_share_a_home(tmp_path: Path) -> None:
    with serving(tmp_path):
        run = safelight("serve", "--engine", "fake", "--port", "0", cwd=tmp_path, home=tmp_path / "home")
    assert run.returncode == 2
    assert "Another Safelight" in run.stderr


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = safelight("serve", "--engine", "fake", "--port", port, cwd=tmp_path, home=tmp_path / "home")
        looked = safelight("doctor", "--engine", "fake", "--port", port, cwd=tmp_path, home=tmp_path / "home")
    assert run.returncode == 2
    assert "--port" in run.stderr
    assert (looked.returncode, "--port" in looked.stdout) == (0, True)


def test_the_doctor_finds_nothing_wrong_with_the_fake(tmp_path: Path) -> None:
    run = safelight("doctor", "--engine", "fake", "--port", "0", cwd=tmp_path, home=tmp_path / "home")
    assert run.returncode == 0, run.stdout
    assert "All is well" in run.stdout


def test_the_doctor_says_how_to_mend_what_is_broken(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("in the way")
    run = safelight("doctor", "--port", "0", cwd=tmp_path, home=tmp_path / "file" / "home", models=tmp_path / "empty")
    assert run.returncode == 1
    assert "--home" in run.stdout
    assert "model_index.json" in run.stdout
    assert "Something has to be mended" in run.stdout


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    run = safelight("serve", "--engine", "fake", "--port", "0", cwd=tmp_path, home=tmp_path / "home")
    assert run.returncode == 2
    assert "cannot be used" in run.stderr


def test_logs_are_json_when_asked(tmp_path: Path) -> None:
    from safelight import logs

    code = (
        "import structlog, logging; from safelight import logs; logs.begin(level='info', as_json=True);"
        "structlog.contextvars.bind_contextvars(generation='gen_1');"
        "logging.getLogger('a').warning('from %s', 'a library'); structlog.get_logger('b').info('ours', step=3)"
    )
    run = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    first, second = (json.loads(line) for line in run.stderr.splitlines())
    assert (first["event"], first["generation"], first["level"]) == ("from a library", "gen_1", "warning")
    assert (second["event"], second["generation"], second["step"]) == ("ours", "gen_1", 3)
    assert logs.LIBRARIES


def test_the_openapi_document_can_be_written(tmp_path: Path) -> None:
    assert safelight("openapi", "-o", "api.json", cwd=tmp_path).returncode == 0
    document = json.loads((tmp_path / "api.json").read_text())
    assert "/api/v1/generations" in document["paths"]
    assert json.loads(safelight("openapi", cwd=ROOT).stdout) == document
