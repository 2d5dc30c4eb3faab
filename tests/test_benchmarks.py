"""What is measured, in the small: that the figures are of what they say, whatever the machine is."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(300)
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def ran(name: str, *options: object) -> str:
    command: list[str] = [sys.executable, str(BENCHMARKS / f"{name}.py"), *map(str, options)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    small = ("--model", "tiny", "--requests", 4, "--steps", 2, "--who", "step,request", "--mixes", "W6")
    ran("serving", *small, "--only", "open,mixes", "--loads", "0.5", "--json", folder / "serving.json")
    return folder


def test_everybody_draws_the_same_under_the_same_load(results: Path) -> None:
    told: dict[str, Any] = json.loads((results / "serving.json").read_text())
    assert told["likeness"] <= 1e-5, "diffusers' pipeline and the engine draw the same"
    cells = [*told["open"], *told["mixes"]]
    assert {(cell["who"], cell["workload"]) for cell in cells} == {
        (who, work) for who in ("step", "request") for work in ("W1", "W6")
    }
    for cell in cells:
        assert cell["requests"] == 4 and cell["row_evaluations_per_s"] > 0
        assert 0 <= cell["first_preview_s"]["p95"] <= cell["completion_s"]["p99"]
        assert cell["wasted_forwards"] <= 1, "a cancelled picture is answered once more at most"


def test_figures_become_pictures(results: Path, tmp_path: Path) -> None:
    ran("plots", results, "--out", tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"under-load.svg", "mixes.svg"}
    assert "Safelight, by step" in (tmp_path / "under-load.svg").read_text()


def test_one_command_knows_all_of_them() -> None:
    told = ran("all", "--help")
    assert all(name in told for name in ("engine", "serving", "watching", "memory", "gallery"))
