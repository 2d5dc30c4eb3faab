"""Keys, users and workspaces from the command line, beside a server that runs."""

import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from safelight.cli.app import app
from safelight.domain.errors import Misconfigured, NotFound
from safelight.store.home import held
from tests.running import safelight, serving
from tests.way.town import PASSWORD


def asked(address: str, key: str | None = None) -> int:
    headers = {} if key is None else {"X-API-Key": key}
    return httpx2.get(f"{address}/api/v1/keys", headers=headers, trust_env=False).status_code


def say(home: Path, *words: str, typed: str = "") -> str:
    """What a command writes to standard output."""
    run = CliRunner(env={"COLUMNS": "120"}).invoke(app, [*words, "--home", str(home)], input=typed)
    assert run.exit_code == 0, run.output
    return run.stdout


def test_the_first_key_is_made_beside_the_server_and_counts_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(tmp_path, access="keys") as address:
        assert asked(address) == 401
        key = say(home, "keys", "create", "--role", "admin", "--name", "me", "--days", "1").strip()
        assert key.startswith("sl_") and "\n" not in key
        assert asked(address, key) == 200
        assert "fake" in safelight("models", "--server", address, cwd=tmp_path, key=key).stdout
        listed = say(home, "keys", "list")
        assert "me" in listed and key not in listed
        say(home, "keys", "revoke", re.findall(r"key_\w+", listed)[0])
        assert asked(address, key) == 401


def test_a_user_is_handed_everything_and_is_erased(tmp_path: Path) -> None:
    ada = re.findall(r"usr_\w+", say(tmp_path, "users", "create", "ada", typed=f"{PASSWORD}\n" * 2))[0]
    say(tmp_path, "keys", "create", "--name", "bot", "--user", ada)
    out = tmp_path / "ada.zip"
    assert "ada.zip" in say(tmp_path, "users", "export", ada, "-o", str(out))
    assert out.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(out) as archive:
        assert "ada" in archive.read("account.jsonl").decode() and "bot" in archive.read("keys.jsonl").decode()
    again = CliRunner().invoke(app, ["users", "export", ada, "-o", str(out), "--home", str(tmp_path)])
    assert isinstance(again.exception, Misconfigured) and "exists" in again.exception.detail
    with held(tmp_path):
        running = CliRunner().invoke(app, ["users", "erase", ada, "--yes", "--home", str(tmp_path)])
    assert isinstance(running.exception, Misconfigured)
    assert "1 keys" in say(tmp_path, "users", "erase", ada, typed="y\n")
    assert "ada" not in say(tmp_path, "users", "list")
    gone = CliRunner().invoke(app, ["users", "erase", ada, "--yes", "--home", str(tmp_path)])
    assert isinstance(gone.exception, NotFound)


def test_users_and_workspaces_from_the_command_line(tmp_path: Path) -> None:
    studio = say(tmp_path, "workspaces", "create", "studio").split(":")[0]
    password = f"{PASSWORD}\n" * 2
    ada = re.findall(r"usr_\w+", say(tmp_path, "users", "create", "ada", "--role", "viewer", typed=password))[0]
    assert (
        CliRunner().invoke(app, ["users", "create", "bob", "--home", str(tmp_path)], input="short\nshort\n").exit_code
        == 2
    )
    assert "ada" in say(tmp_path, "users", "list") and "bob" not in say(tmp_path, "users", "list")
    assert "admin" in say(tmp_path, "workspaces", "admit", "studio", ada, "--role", "admin")
    assert "ada (admin)" in say(tmp_path, "workspaces", "list") and "ada (viewer)" in say(
        tmp_path, "workspaces", "list"
    )
    say(tmp_path, "users", "password", ada, typed=password)
    say(tmp_path, "workspaces", "remove", studio)
    say(tmp_path, "users", "remove", ada)
    with closing(sqlite3.connect(tmp_path / "safelight.db")) as database:
        deeds = database.execute("SELECT action, actor FROM deeds ORDER BY created_at").fetchall()
        assert PASSWORD.encode() not in (tmp_path / "safelight.db").read_bytes()
    acts = "workspace.created user.created member.set member.set user.password workspace.removed user.removed"
    assert [action for action, _ in deeds] == acts.split()
    assert {actor for _, actor in deeds} == {"command line"}


@pytest.mark.parametrize("what", ["keys", "users", "workspaces"])
def test_the_commands_explain_themselves(what: str, tmp_path: Path) -> None:
    assert "create" in safelight(what, "--help", cwd=tmp_path).stdout
