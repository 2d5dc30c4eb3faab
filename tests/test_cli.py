"""The command line, as it is typed."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from safelight.store import metadata
from tests.running import ask, environment, safelight, serving, wait_until_running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("server")) as address:
        yield address


LOADED = """
import sys
sys.argv = ["safelight", *{arguments}]
from safelight.cli import main
try:
    main()
finally:
    heavy = {{"torch", "diffusers", "transformers", {more}}}
    print("HEAVY", sorted(heavy & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        (["--help"], ["fastapi", "sqlalchemy", "numpy", "PIL"]),
        (["generate", "--help"], ["fastapi", "sqlalchemy", "numpy", "PIL"]),
        (["--version"], ["fastapi", "sqlalchemy"]),
        (["generate", "x", "-o", "x.png", "--engine", "fake"], ["fastapi"]),
        (["models", "--engine", "fake"], ["fastapi"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_nothing_heavy_is_imported_without_need(arguments: list[str], more: list[str], tmp_path: Path) -> None:
    code = LOADED.format(arguments=arguments, more=", ".join(map(repr, more)))
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert "HEAVY []" in run.stdout


def test_a_server_with_the_fake_never_imports_torch(tmp_path: Path) -> None:
    code = """
import asyncio, sys, threading
from safelight.bootstrap import open_house
from safelight.settings import Settings
from safelight.web.app import build
async def look():
    async with open_house(Settings.read(engine="fake")) as house:
        store = house.store
        build(
            runner=house.runner,
            gallery=store.gallery,
            shares=store.shares,
            batching=house.batching,
            stop=asyncio.Event(),
            door=house.door,
            office=house.office,
            privacy=house.privacy,
        )
    print("HEAVY", sorted({"torch", "diffusers", "transformers"} & set(sys.modules)))
asyncio.run(look())
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(home=tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "HEAVY []" in run.stdout, run.stderr


def test_a_picture_is_drawn_in_this_process(tmp_path: Path) -> None:
    run = safelight(
        "generate", "a red dragon", "-o", "dragon.png", "--engine", "fake", "--seed", "7", "--steps", "3",
        "--size", "64x128", "--sampler", "euler_a", "--guidance", "2.5", cwd=tmp_path, home=tmp_path / "home",
    )  # fmt: skip
    assert (run.returncode, run.stdout.strip()) == (0, "dragon.png"), run.stderr
    recipe = metadata.read((tmp_path / "dragon.png").read_bytes())
    assert recipe is not None
    assert (recipe.prompt, recipe.seed, recipe.steps, recipe.guidance) == ("a red dragon", 7, 3, 2.5)
    with Image.open(tmp_path / "dragon.png") as image:
        assert image.size == (64, 128)
    # The home is the server's; drawing here leaves it alone.
    assert not (tmp_path / "home").exists()


def test_styles_words_of_ones_own_and_a_better_prompt(tmp_path: Path) -> None:
    (tmp_path / "home" / "wildcards").mkdir(parents=True)
    (tmp_path / "home" / "wildcards" / "beast.txt").write_text("dragon\n")
    run = safelight(
        "generate", "please draw a __beast__ with a sword", "-o", "x.png", "--engine", "fake", "--steps", "2",
        "--enhance", "child_friendly", "--style", "flat", cwd=tmp_path, home=tmp_path / "home",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "'sword' became 'magic wand'." in run.stderr
    recipe = metadata.read((tmp_path / "x.png").read_bytes())
    assert recipe is not None
    assert recipe.prompt.startswith("please draw a dragon with a magic wand, ")
    assert recipe.prompt.endswith(", flat style")
    assert recipe.styles == ("flat",)
    assert "violent" in recipe.negative_prompt


def test_the_same_seed_draws_the_same_picture_here_and_on_a_server(server: str, tmp_path: Path) -> None:
    here = safelight("generate", "an owl", "-o", "here.png", "--seed", "5", "--engine", "fake", cwd=tmp_path)
    there = safelight("generate", "an owl", "-o", "there.png", "--seed", "5", "--server", server, cwd=tmp_path)
    assert (here.returncode, there.returncode) == (0, 0), here.stderr + there.stderr
    with Image.open(tmp_path / "here.png") as ours, Image.open(tmp_path / "there.png") as theirs:
        assert ours.tobytes() == theirs.tobytes()


def test_several_pictures_are_numbered(server: str, tmp_path: Path) -> None:
    run = safelight("generate", "an owl", "-o", "owl.png", "--count", "3", "--server", server, cwd=tmp_path)
    assert run.stdout.split() == ["owl-1.png", "owl-2.png", "owl-3.png"], run.stderr
    assert len({path.read_bytes() for path in tmp_path.glob("owl-*.png")}) == 3


def test_without_a_name_the_file_says_what_it_shows(server: str, tmp_path: Path) -> None:
    safelight("generate", "a snowy owl", "--server", server, cwd=tmp_path)
    (file,) = tmp_path.glob("*.png")
    assert file.name.startswith("safelight_a-snowy-owl_20")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["generate", ""], "prompt"),
        (["generate", "x", "--steps", "0", "--count", "99"], "count"),
        (["generate", "x", "--size", "big"], "--size 256"),
        (["generate", "x", "--size", "7x7"], "width"),
        (["generate", "x", "--guidance", "nan"], "guidance"),
        (["generate", "x", "--model", "nonsense", "--engine", "fake"], "nonsense"),
        (["generate", "x", "--style", "ntoo", "--engine", "fake"], "Did you mean noto?"),
        (["generate", "x", "-o", "no/such/folder/x.png"], "no folder"),
        (["generate", "x", "--server", "http://127.0.0.1:9"], "safelight serve"),
        (["generate", "x", "--server", "nonsense"], "No Safelight answers"),
        (["serve", "--host", "0.0.0.0"], "SAFELIGHT_ALLOW_ANONYMOUS"),
        (["models", "--server", "http://127.0.0.1:9"], "No Safelight answers"),
        (["serve", "--config", "none.toml"], "none.toml"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_explained(arguments: list[str], says: str, tmp_path: Path) -> None:
    run = safelight(*arguments, cwd=tmp_path)
    assert run.returncode == 2
    assert says in run.stderr
    assert "→" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_problem_of_the_server_is_told_with_its_hint(server: str, tmp_path: Path) -> None:
    run = safelight("generate", "x", "--model", "faek", "--server", server, cwd=tmp_path)
    assert run.returncode == 2
    assert "Did you mean fake?" in run.stderr


def test_something_else_at_the_address_is_told(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    ) as other:
        assert other.stdout is not None
        found = re.search(r"port (\d+)", other.stdout.readline())
        assert found is not None
        run = safelight("models", "--server", f"http://127.0.0.1:{found.group(1)}", cwd=tmp_path)
        other.terminate()
    assert run.returncode == 2
    assert "Is this a Safelight server?" in run.stderr


def test_an_unknown_variable_stops_every_command(tmp_path: Path) -> None:
    run = safelight("models", cwd=tmp_path, prot=1)
    assert run.returncode == 2
    assert "SAFELIGHT_PORT?" in run.stderr


def test_ctrl_c_cancels_on_the_server(server: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "safelight", "generate", "x", "--steps", "200", "--server", server]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True) as process:
        wait_until_running(server)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr is not None
        assert "Cancelled." in process.stderr.read()
    assert ask(server, "/api/v1/generations?limit=1")["items"][0]["state"] == "cancelled"
    assert not list(tmp_path.iterdir())


def test_the_models_of_a_server_are_listed(server: str, tmp_path: Path) -> None:
    run = safelight("models", "--server", server, cwd=tmp_path)
    assert "Fake sprite" in run.stdout
    assert run.stdout == safelight("models", "--engine", "fake", cwd=tmp_path).stdout
