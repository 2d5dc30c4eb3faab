"""Every example runs, against a real server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ROOT, environment, serving

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_it_runs(example: Path, server: str, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(example), server]
    run = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=100, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()
    says = {
        "01_one_request": "step 12 of 12",
        "02_follow_and_resume": "steps seen: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]",
        "03_wait_and_save": "256x256 seed 3",
        "04_two_at_once": "an orange cat: finished",
        "05_change_your_mind": "\ncancelled ",
        "06_openai_sdk": "image_generation.completed -> dragon.png",
        "07_a1111_client": "Sampler: DPM++ 2M, ",
        "08_event_source": "100 %\ndone: castle.jpg",
        "09_assistant": "step 8 of 8\ncat.png: image/png",
    }
    assert says[example.stem] in run.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_it_is_short(example: Path) -> None:
    assert len(example.read_text().splitlines()) < 40
