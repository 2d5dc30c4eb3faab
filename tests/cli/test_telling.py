"""What the command line tells programs, shells and people who look for a fault."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from safelight.cli.fitness import computes, unfit
from tests.running import environment, safelight, serving

CPU = {"torch": "2.13.0", "diffusers": "0", "transformers": "5", "threads": 2, "built_for": None, "why": [],
       "cards": [], "mps": False}  # fmt: skip
CUDA = CPU | {"built_for": "13.0"}


def lines(run: "subprocess.CompletedProcess[str]") -> list[dict[str, object]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_a_program_hears_every_event_and_what_was_written(tmp_path: Path) -> None:
    run = safelight("generate", "an owl", "-o", "owl.png", "--engine", "fake", "--steps", "3", "--count", "2", "--json",
                    cwd=tmp_path)  # fmt: skip
    told = lines(run)
    kinds = [str(one["kind"]) for one in told]
    assert kinds[0] == "queued" and kinds[-3:] == ["finished", "written", "written"] and kinds.count("step") == 6
    assert [one["path"] for one in told[-2:]] == ["owl-1.png", "owl-2.png"] and run.stderr == ""
    assert all((tmp_path / str(one["path"])).is_file() for one in told[-2:])


def test_a_program_hears_what_was_wrong_with_its_recipe(tmp_path: Path) -> None:
    run = safelight("generate", "an owl", "--steps", "0", "--engine", "fake", "--json", cwd=tmp_path)
    (told,) = lines(run)
    assert run.returncode == 2 and "✗" in run.stderr
    assert (told["kind"], told["code"], told["fields"]) == (
        "failed", "invalid_recipe", {"steps": "Input should be greater than or equal to 1"},
    )  # fmt: skip


def test_on_a_pipe_nothing_is_written_but_the_file_s_name(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        run = safelight("generate", "an owl", "-o", "owl.png", "--server", server, cwd=tmp_path)
        measured = safelight("bench", "--server", server, "--steps", "4", "--rounds", "1", "--json", cwd=tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (0, "owl.png\n", "")
    (figures,) = lines(measured)
    assert (figures["model"], figures["pictures"], figures["steps"]) == ("fake", 4, 4)
    ratios = figures["ratios"]
    assert isinstance(ratios, dict) and len(ratios) == 3 and all(value > 0 for value in ratios.values())


def test_measuring_says_ratios(tmp_path: Path) -> None:
    run = safelight("bench", "--engine", "fake", "--steps", "3", "--pictures", "2", "--rounds", "1", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "2 at once" in run.stdout and "of one after another" in run.stdout


def completed(shell: str, line: str, cwd: Path) -> str:
    words = line.split(" ")
    told = {
        "_SAFELIGHT_COMPLETE": f"complete_{shell}", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }  # fmt: skip
    code = """
import sys
from safelight.cli import main
sys.argv = ["safelight"]
try:
    main()
finally:
    heavy = {"torch", "diffusers", "transformers", "fastapi", "sqlalchemy", "numpy", "PIL"}
    print("HEAVY", sorted(heavy & set(sys.modules)))
"""
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment() | told, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert "HEAVY []" in run.stdout, run.stderr
    return run.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_what_an_option_takes(shell: str, tmp_path: Path) -> None:
    assert "generate" in completed(shell, "safelight gen", tmp_path)
    assert "euler_a" in completed(shell, "safelight generate x --sampler eul", tmp_path)


def test_the_doctor_tells_programs(tmp_path: Path) -> None:
    told = lines(
        safelight("doctor", "--engine", "fake", "--port", "0", "--json", cwd=tmp_path, home=tmp_path / "home",
                  redis_url="redis://127.0.0.1:1/0")
    )  # fmt: skip
    by_name = {one["what"]: one for one in told}
    assert {"settings", "home", "port", "Redis"} <= by_name.keys()
    redis = by_name["Redis"]
    assert redis["broken"] and "SAFELIGHT_REDIS_URL" in str(redis["mend"])
    assert not by_name["home"]["broken"]


@pytest.mark.parametrize(
    ("device", "told", "card", "broken", "says"),
    [
        ("auto", CPU, False, False, "2 threads"),
        ("cpu", CUDA | {"cards": ["H200"]}, True, False, "2 threads"),
        ("auto", CUDA | {"cards": ["H200"]}, True, False, "H200"),
        ("auto", CPU, True, False, "built for processors only"),
        ("cuda", CPU, True, True, "built for processors only"),
        ("cuda:1", CPU, False, True, "no driver"),
        ("cuda", CUDA | {"why": ["The NVIDIA driver on your system is too old."]}, True, True, "too old"),
        ("auto", CUDA, True, False, "reaches no card"),
        ("mps", CPU, False, True, "not there"),
        ("auto", CPU | {"mps": True}, False, False, "Metal"),
    ],
)
def test_the_doctor_says_where_it_would_compute_and_why_not(
    device: str, told: dict[str, object], card: bool, broken: bool, says: str
) -> None:
    finding = computes(device, told, card=card)
    assert finding.broken is broken and says in finding.found
    assert bool(finding.mend) is ("thread" not in finding.found and "H200" not in finding.found and "Mac" not in says
                                  and "Metal" not in finding.found)  # fmt: skip


def test_the_doctor_finds_versions_that_do_not_go_together() -> None:
    assert list(unfit(['numpy>=2; extra == "local"', "pillow<1", 'pillow<1; extra == "s3"'])) == []
    (wrong, missing) = unfit(['numpy<1.0; extra == "local"', 'nothing-like-it; extra == "local"'])
    assert (
        wrong.startswith("numpy is 2.") and wrong.endswith("<1.0 is needed") and missing == "nothing-like-it is missing"
    )
