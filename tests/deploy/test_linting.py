"""What is deployed, as its own linters see it. None of them asks anything of a network."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT

DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent


def linted(*command: str | Path) -> None:
    tool, *arguments = map(str, command)
    run = subprocess.run([BIN / tool, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_dockerfile() -> None:
    linted("hadolint", "--no-color", DEPLOY / "Dockerfile")


def test_compose_files_follow_the_specification() -> None:
    linted("check-jsonschema", "--builtin-schema", "vendor.compose-spec", *sorted(DEPLOY.glob("compose*.yaml")))


def test_cloudformation() -> None:
    linted("cfn-lint", *sorted((DEPLOY / "cloudformation").glob("*.yaml")))


def test_workflows_follow_the_schema_and_keep_their_secrets() -> None:
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    linted("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    linted("check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")
    linted("zizmor", "--offline", "--no-progress", ".github")


def test_yaml_is_tidy() -> None:
    linted("yamllint", "--strict", ".github", "deploy")


def test_shell_scripts() -> None:
    linted("shellcheck", ".ci/run")


def test_a_linter_that_finds_something_fails(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /tmp\n")
    with pytest.raises(AssertionError, match="DL3006"):
        linted("hadolint", "--no-color", tmp_path / "Dockerfile")
