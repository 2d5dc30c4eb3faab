"""Keys, users and workspaces from the command line, beside a server that runs."""

import re
import sqlite3
from pathlib import Path

import httpx2
import pytest

from tests.running import safelight, serving


def asked(address: str, key: str | None = None) -> int:
    headers = {} if key is None else {"X-API-Key": key}
    return httpx2.get(f"{address}/api/v1/keys", headers=headers, trust_env=False).status_code


def test_the_first_key_is_made_beside_the_server_and_counts_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(tmp_path, access="keys") as address:
        assert asked(address) == 401
        made = safelight("keys", "create", "--role", "admin", "--name", "me", cwd=tmp_path, home=home)
        assert made.returncode == 0, made.stderr
        key = made.stdout.strip()
        assert key.startswith("sl_") and key not in made.stderr
        assert asked(address, key) == 200
        models = safelight("models", "--server", address, cwd=tmp_path, key=key)
        assert "fake" in models.stdout
        listed = safelight("keys", "list", cwd=tmp_path, home=home).stdout
        assert "me" in listed and key not in listed
        revoked = safelight("keys", "revoke", re.findall(r"key_\w+", listed)[0], cwd=tmp_path, home=home)
        assert revoked.returncode == 0, revoked.stderr
        assert asked(address, key) == 401


def test_workspaces_from_the_command_line(tmp_path: Path) -> None:
    made = safelight("workspaces", "create", "studio", cwd=tmp_path, home=tmp_path)
    assert made.stdout.startswith("ws_")
    assert "studio" in safelight("workspaces", "list", cwd=tmp_path, home=tmp_path).stdout
    with sqlite3.connect(tmp_path / "safelight.db") as database:
        assert database.execute("SELECT actor, action FROM deeds").fetchall() == [("command line", "workspace.created")]


@pytest.mark.parametrize("what", ["keys", "users", "workspaces"])
def test_the_commands_explain_themselves(what: str, tmp_path: Path) -> None:
    assert "create" in safelight(what, "--help", cwd=tmp_path).stdout
