"""The rules of the house, read by a machine."""

import ast
import importlib.util
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from safelight.domain import errors
from safelight.domain.events import Event
from safelight.settings import Settings
from tests.running import ROOT

SOURCES = sorted((ROOT / "src").rglob("*.py"))
FILE_LIMIT, FUNCTION_LIMIT, BROAD_EXCEPTS = 350, 60, 2
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "core", "misc", "manager", "managers", "services", "service"}
# What the repository must not talk about: where and how it was written instead of what it is.
FORBIDDEN_WORDS = re.compile(r"\bmirror registry\b|\bTODO\b|\bFIXME\b|\bXXX\b|NotImplementedError")
HOMES = re.compile(r"(?<![\w.:/-])/(?:home|root|Users|work)/")
TEXTS = {".py", ".md", ".toml", ".ts", ".tsx", ".css", ".html", ".json", ".txt", ".yaml", ".yml", ".mako", ""}


def tracked() -> list[Path]:
    """Every file that git knows, or would."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LIMIT


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_functions_are_short(path: Path) -> None:
    long = [
        f"{node.name} has {(node.end_lineno or 0) - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LIMIT
    ]
    assert not long


def test_no_module_is_called_after_leftovers() -> None:
    assert not [name_of(path) for path in SOURCES if {path.stem, path.parent.name} & FORBIDDEN_NAMES]


def test_every_room_says_what_it_is() -> None:
    silent = [name_of(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert not silent


def broad_excepts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            caught = "BaseException" if node.type is None else ast.unparse(node.type)
            if caught in ("Exception", "BaseException"):
                yield f"{name_of(path)}:{node.lineno}"


def test_there_are_two_broad_excepts_in_the_whole_house() -> None:
    found = [place for path in SOURCES for place in broad_excepts(path)]
    assert len(found) <= BROAD_EXCEPTS, found


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Where a pattern stands in the text of the repository, this file left out."""
    return [
        f"{name_of(path)}:{number}: {line.strip()[:100]}"
        for path in tracked()
        if path.suffix in TEXTS and path.stat().st_size < 2**20 and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_forbidden_words() -> None:
    assert not lines_with(FORBIDDEN_WORDS)


def test_no_file_knows_where_it_was_made() -> None:
    """Saved configurations like to remember the folder that they were loaded from."""
    assert not lines_with(re.compile(rf"{re.escape(str(ROOT))}\b|_name_or_path|{HOMES.pattern}"))


def test_nothing_large_comes_in_unseen() -> None:
    large = [name_of(path) for path in tracked() if path.stat().st_size > 2 * 2**20]
    assert not [name for name in large if not name.startswith(("models/", "docs/images/"))]


def test_the_reference_is_what_the_code_says() -> None:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    assert reference.stale() == [], "run `make docs`"


def page(name: str) -> str:
    return (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert Settings.model_fields[name].description
    assert f"`SAFELIGHT_{name.upper()}`" in page("settings.md")


@pytest.mark.parametrize("event", get_args(get_args(Event)[0]), ids=lambda event: str(event.__name__))
def test_every_event_is_documented(event: type) -> None:
    assert event.__doc__
    assert f"## `{event.model_fields['kind'].default}`" in page("events.md")  # type: ignore[attr-defined]


def error_tree(error: type[errors.SafelightError] = errors.SafelightError) -> Iterator[type[errors.SafelightError]]:
    yield error
    for child in error.__subclasses__():
        yield from error_tree(child)


def test_every_error_is_documented_and_has_a_code_of_its_own() -> None:
    tree = [error for error in error_tree() if error.__module__ == errors.__name__]
    assert len({error.code for error in tree}) == len(tree)
    for error in tree:
        assert f"`{error.code}`" in page("errors.md")
        assert error.__name__ in (errors.__doc__ or "")


def test_the_openapi_document_is_the_one_that_the_studio_has() -> None:
    from safelight.web.app import openapi_document

    kept = json.loads((ROOT / "studio" / "openapi.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(openapi_document())), "run `make types`"


LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")


@pytest.mark.parametrize("path", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if not target.startswith("docs/images/"):
            assert (path.parent / target).exists(), target
