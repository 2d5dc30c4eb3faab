"""The wheel, built as a release builds it, and installed where nothing of the checkout is in reach."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from tests.running import ROOT, environment, free_port

STUDIO = ROOT / "src" / "safelight" / "studio_dist" / "index.html"
PREPARED = 100


def run(*command: str | Path, cwd: Path, **settings: object) -> str:
    surroundings = {name: value for name, value in environment(**settings).items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=surroundings | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        capture_output=True,
        text=True,
        timeout=PREPARED,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not STUDIO.is_file():
        if os.environ.get("CI"):
            pytest.fail("the studio is not built, and CI does not skip the wheel")
        pytest.skip("the studio is not built: make studio")
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    (built,) = folder.glob("safelight-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that holds this wheel; what it depends on is read from the one that tests run in."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    run(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "-q", "--no-deps", "--no-index",
        wheel, cwd=folder)  # fmt: skip
    # Packages, but not their .pth files: one of those leads back to the checkout.
    theirs = [path for path in sys.path if path.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(theirs) + "\n")
    return folder / "bin"


def test_it_holds_everything_that_running_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    for needed in (
        "safelight/py.typed",
        "safelight/studio_dist/index.html",
        "safelight/models/sprite/model_index.json",
        "safelight/store/migrations/env.py",
        "safelight/providers/prices.json",
    ):
        assert needed in names
    package = ROOT / "src" / "safelight"
    sources = {
        f"safelight/{path.relative_to(package).as_posix()}"
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert sources - names == set()
    weights = {name: size for name, size in sizes.items() if name.endswith(".safetensors")}
    assert weights and min(weights.values()) > 10_000, "pointers, not weights"
    assert not {name for name in names if name.startswith(("tests/", "studio/", ".work"))}


def test_it_says_whose_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (about,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        words = archive.read(about).decode()
        names = archive.namelist()
    assert "License-Expression: Apache-2.0" in words
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}


def test_installed_it_finds_its_own_model_and_not_the_checkouts(installed: Path, tmp_path: Path) -> None:
    said = run(installed / "python", "-c", "import safelight, safelight.settings as s; print(s.embedded_models()[0])",
               cwd=tmp_path)  # fmt: skip
    assert str(installed.parent) in said and str(ROOT) not in said
    models = run(installed / "safelight", "models", cwd=tmp_path, home=tmp_path / "home")
    assert "sprite" in models


def test_installed_it_serves_studio_and_pictures(installed: Path, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    command = [str(installed / "safelight"), "serve", "--engine", "fake", "--port", address.rpartition(":")[2]]
    surroundings = {n: v for n, v in environment(home=tmp_path / "home").items() if n != "PYTHONPATH"}
    with subprocess.Popen(command, cwd=tmp_path, env=surroundings, stderr=subprocess.PIPE) as server:
        try:
            assert wait_for(f"{address}/ready")["status"] == "ready"
            assert b'<div id="studio">' in ask(f"{address}/")
            wish = json.dumps({"prompt": "a red dragon", "steps": 2}).encode()
            made = json.loads(ask(f"{address}/api/v1/generations", wish))
            assert made["state"] == "finished"
            assert ask(address + made["pictures"][0]["url"]).startswith(b"\x89PNG")
        finally:
            server.terminate()
            _, said = server.communicate(timeout=30)
    assert server.returncode == 0, said


def test_the_sdist_builds_without_the_repository() -> None:
    """Everything that the hook needs is in it: whoever builds from it needs Node.js, and nothing else."""
    from hatchling.builders.sdist import SdistBuilder

    builder = SdistBuilder(str(ROOT))
    names = {included.distribution_path for included in builder.recurse_included_files()}
    for needed in ("hatch_build.py", "pyproject.toml", "studio/package-lock.json", "models/sprite/model_index.json"):
        assert needed in names
    assert not {name for name in names if "node_modules" in name or name.startswith("src/safelight/studio_dist")}


def wait_for(url: str) -> dict[str, str]:
    end = time.monotonic() + PREPARED
    while True:
        try:
            found: dict[str, str] = json.loads(ask(url))
            return found
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def ask(url: str, body: bytes | None = None) -> bytes:
    headers = {"Content-Type": "application/json", "Prefer": "wait=60", "Accept": "*/*" if body else "text/html, */*"}
    with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers), timeout=PREPARED) as answer:
        data: bytes = answer.read()
        return data
