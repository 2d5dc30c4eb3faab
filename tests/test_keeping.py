"""Looking after what is kept, from the command line."""

import asyncio
import os
from pathlib import Path

import pytest

from safelight.bootstrap import open_house
from safelight.cli import keeping
from safelight.domain.access import LOCAL
from safelight.domain.errors import Misconfigured
from safelight.domain.recipe import Recipe
from safelight.settings import Settings
from safelight.store.audit import Audit
from safelight.store.home import held
from safelight.store.opening import open_store
from tests.running import safelight


async def drawn(settings: Settings) -> str:
    """The id of a picture that a server drew before it was stopped."""
    async with open_house(settings) as house:
        record = await house.runner.submit(Recipe(prompt="an owl", steps=2), access=LOCAL)
        async for _ in (await house.runner.feed(record.id, access=LOCAL)).follow():
            pass
        (picture,) = await house.store.pictures.of(record.id)
        return picture.id


async def noted(settings: Settings) -> list[tuple[str, str, str]]:
    """What the audit log has, newest first."""
    async with open_store(settings) as store:
        deeds = (await Audit(store.records).page()).items
    return [(deed.actor, deed.action, deed.target) for deed in deeds]


def test_what_is_done_at_the_machine_is_in_the_audit_log(tmp_path: Path) -> None:
    settings = Settings.read(engine="fake", home=tmp_path / "one", fake_step_s=0.001)
    asyncio.run(drawn(settings))
    keeping.back_up(tmp_path / "all.tar", config=None, home=settings.home)
    assert asyncio.run(noted(settings)) == [("command line", "backup.made", "all.tar")]
    other = Settings.read(engine="fake", home=tmp_path / "two")
    keeping.restore(tmp_path / "all.tar", config=None, home=other.home)
    assert asyncio.run(noted(other)) == [("command line", "backup.restored", "all.tar")]


def test_strays_are_shown_and_taken_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings.read(engine="fake", home=tmp_path, fake_step_s=0.001)
    asyncio.run(drawn(settings))
    kept = {path for path in settings.pictures.rglob("*") if path.is_file()}
    strays = [settings.pictures / "stray.png", settings.pictures / "cut-short.partial"]
    for stray in strays:
        stray.write_bytes(b"x")
        os.utime(stray, (0, 0))
    keeping.clean(dry_run=True, config=None, home=tmp_path)
    shown = capsys.readouterr().out
    assert all(stray.exists() and stray.name in shown for stray in strays) and "2 files to take away" in shown
    keeping.clean(dry_run=False, config=None, home=tmp_path)
    assert {path for path in settings.pictures.rglob("*") if path.is_file()} == kept
    assert asyncio.run(noted(settings)) == [("command line", "store.cleaned", tmp_path.name)]
    capsys.readouterr()
    keeping.clean(dry_run=False, config=None, home=tmp_path)
    assert capsys.readouterr().out == "All is tidy.\n"


def test_nothing_is_restored_into_a_home_that_a_server_holds(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(Misconfigured, match="already runs"):
        keeping.restore(Path("all.tar"), config=None, home=tmp_path)


def test_a_store_out_of_reach_is_told_by_the_doctor_and_does_not_matter_to_generate(tmp_path: Path) -> None:
    nowhere: dict[str, object] = {
        "home": tmp_path / "home",
        "database_url": "postgresql://nobody:geheim@127.0.0.1:1/x",
        "s3_bucket": "none-such",
        "s3_endpoint": "http://127.0.0.1:1",
        "s3_key_id": "me",
        "s3_secret_key": "geheim",
    }
    looked = safelight("doctor", "--engine", "fake", cwd=tmp_path, **nowhere)
    assert looked.returncode == 1 and "SAFELIGHT_DATABASE_URL" in looked.stdout
    assert "geheim" not in looked.stdout + looked.stderr
    made = safelight("generate", "an owl", "-o", "owl.png", "--engine", "fake", cwd=tmp_path, **nowhere)
    assert made.returncode == 0 and (tmp_path / "owl.png").is_file(), made.stderr
