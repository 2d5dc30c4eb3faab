import os
from pathlib import Path
from typing import Any

import pytest

from safelight.domain.access import Openness
from safelight.domain.errors import Misconfigured
from safelight.providers.embedded import embedded_models
from safelight.settings import Dtype, EngineChoice, Settings


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_said_is_a_private_server_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAFELIGHT_HOME")
    settings = Settings.read()
    assert (settings.host, settings.port, settings.engine) == ("127.0.0.1", 8000, EngineChoice.LOCAL)
    assert settings.loopback and not settings.allow_anonymous
    assert settings.home.name == "safelight" and settings.home.is_absolute()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    somewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (somewhere / "safelight.toml").write_text('port = 1\nrunning_limit = 2\nlog_level = "debug"')
    monkeypatch.setenv("SAFELIGHT_PORT", "3")
    monkeypatch.setenv("SAFELIGHT_RUNNING_LIMIT", "4")
    settings = Settings.read(port=5, host=None)
    assert (settings.port, settings.running_limit, settings.log_level) == (5, 4, "debug")


def test_another_file_can_be_named(somewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (somewhere / "mine.toml").write_text('dtype = "bfloat16"')
    assert Settings.read(config=somewhere / "mine.toml").dtype is Dtype.BFLOAT16
    monkeypatch.setenv("SAFELIGHT_CONFIG", "mine.toml")
    assert Settings.read().dtype is Dtype.BFLOAT16
    monkeypatch.setenv("SAFELIGHT_CONFIG", "none.toml")
    with pytest.raises(Misconfigured, match=r"none\.toml"):
        Settings.read()


def test_model_folders_are_separated_like_a_path(somewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFELIGHT_MODELS", os.pathsep.join(["/a/one", "two", ""]))
    assert Settings.read().models == (Path("/a/one"), somewhere / "two")
    assert Settings.read().model_folders == (*embedded_models(), Path("/a/one"), somewhere / "two")
    (somewhere / "safelight.toml").write_text('models = ["/b"]')
    monkeypatch.delenv("SAFELIGHT_MODELS")
    assert Settings.read().models == (Path("/b"),)


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFELIGHT_PORT", "")
    assert Settings.read().port == 8000


@pytest.mark.parametrize(
    ("variable", "meant"), [("SAFELIGHT_PRT", "SAFELIGHT_PORT"), ("SAFELIGHT_QUEUE_LIMITS", "SAFELIGHT_QUEUE_LIMIT")]
)
def test_an_unknown_variable_names_the_nearest_one(variable: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(Misconfigured, match=variable) as caught:
        Settings.read()
    assert f"{meant}?" in caught.value.hint


def test_an_unknown_key_in_the_file_names_the_nearest_one(somewhere: Path) -> None:
    (somewhere / "safelight.toml").write_text("prt = 1")
    with pytest.raises(Misconfigured, match=r"safelight\.toml, prt") as caught:
        Settings.read()
    assert "port?" in caught.value.hint


def test_a_broken_file_is_explained(somewhere: Path) -> None:
    (somewhere / "safelight.toml").write_text("port: 1")
    with pytest.raises(Misconfigured, match="cannot be read"):
        Settings.read()


@pytest.mark.parametrize(("name", "value"), [("port", "99999"), ("engine", "cloud"), ("running_limit", "0")])
def test_a_wrong_value_is_named_with_what_it_means(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"SAFELIGHT_{name.upper()}", value)
    with pytest.raises(Misconfigured, match=rf"{name}.*{value}") as caught:
        Settings.read()
    assert f"SAFELIGHT_{name.upper()}" in caught.value.hint


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"])
def test_this_machine_is_always_allowed(host: str) -> None:
    assert Settings.read(host=host).loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "127.0.0.1.example.org", ""])
def test_the_network_has_to_be_allowed(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Misconfigured, match="network") as caught:
        Settings.read(host=host)
    assert "SAFELIGHT_ACCESS=keys" in caught.value.hint
    assert "SAFELIGHT_ALLOW_ANONYMOUS=true" in caught.value.hint
    monkeypatch.setenv("SAFELIGHT_ALLOW_ANONYMOUS", "true")
    assert Settings.read(host=host).host == host


def test_with_keys_the_network_may_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFELIGHT_ACCESS", "keys")
    assert Settings.read(host="0.0.0.0").openness is Openness.KEYS
    assert Settings.read().openness is Openness.KEYS
    monkeypatch.setenv("SAFELIGHT_ACCESS", "single")
    assert Settings.read().openness is Openness.SINGLE
    monkeypatch.setenv("SAFELIGHT_ALLOW_ANONYMOUS", "true")
    with pytest.raises(Misconfigured, match="network"):
        Settings.read(host="0.0.0.0")


def test_names_are_checked_where_no_key_is() -> None:
    assert "localhost" in Settings.read(allowed_hosts=("draw.example",)).hosts
    assert "draw.example" in Settings.read(allowed_hosts=("draw.example",)).hosts
    assert Settings.read(host="0.0.0.0", access="keys").hosts == ()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("JWT_SECRET", "too short to be one"),
        ("RATE_LIMIT", "many"),
        ("SIGN_IN_LIMIT", "5 per blink"),
    ],
)
def test_what_is_wrong_is_told_but_no_secret(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"SAFELIGHT_{variable}", value)
    with pytest.raises(Misconfigured, match=variable.lower()) as caught:
        Settings.read()
    assert (value in str(caught.value)) is not variable.startswith("JWT")


def test_tokens_are_checked_in_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFELIGHT_JWT_SECRET", "a secret of thirty-two characters")
    assert Settings.read().jwt_secret
    monkeypatch.setenv("SAFELIGHT_JWT_JWKS", "https://example.org/jwks.json")
    with pytest.raises(Misconfigured, match="not with both"):
        Settings.read()


def test_home_is_where_everything_lies(somewhere: Path) -> None:
    settings = Settings.read(home=Path("mine"))
    assert settings.home == somewhere / "mine"
    assert settings.pictures == somewhere / "mine" / "pictures"
    assert settings.database == f"sqlite+aiosqlite:///{somewhere / 'mine' / 'safelight.db'}"
    assert Settings.read(database_url="sqlite+aiosqlite:///x.db").database == "sqlite+aiosqlite:///x.db"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"s3_direct": True}, "s3_bucket"),
        ({"s3_bucket": "pictures", "s3_key_id": "me"}, "s3_secret_key"),
        ({"s3_bucket": "pictures", "s3_secret_key": "geheim"}, "s3_key_id"),
        ({"cdn_url": "https://cdn.example"}, "s3_bucket"),
        ({"s3_bucket": "pictures", "cdn_url": "https://cdn.example", "cdn_key_id": "K1"}, "cdn_private_key"),
    ],
)
def test_a_setting_that_needs_another_names_it(given: dict[str, Any], missing: str) -> None:
    with pytest.raises(Misconfigured, match=f"needs {missing}") as caught:
        Settings.read(**given)
    assert f"SAFELIGHT_{missing.upper()}" in caught.value.hint


def test_what_is_secret_is_not_shown() -> None:
    url = "postgresql+asyncpg://me:geheim@db/x"
    settings = Settings.read(database_url=url, s3_bucket="abc", s3_key_id="geheim", s3_secret_key="geheim")
    assert settings.database == url
    assert "geheim" not in repr(settings)


def test_settings_never_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(Settings.read(), "port", 1)  # noqa: B010


def test_whoever_can_be_reached_by_others_moderates_more() -> None:
    assert Settings.read().moderates == "rules"
    assert Settings.read(host="0.0.0.0", allow_anonymous=True).moderates == "standard"
    assert Settings.read(host="0.0.0.0", allow_anonymous=True, moderation="off").moderates == "off"


@pytest.mark.parametrize("judge", ["anthropic", "openai"])
def test_a_judge_needs_its_key(judge: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Settings.read(moderation="judge", moderation_judge=judge)
    assert f"SAFELIGHT_{judge.upper()}_KEY" in caught.value.hint


def test_webhooks_need_a_key_that_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFELIGHT_WEBHOOK_URL", "https://example.com/hook")
    monkeypatch.setenv("SAFELIGHT_WEBHOOK_EVENTS", "generation.failed, batch.finished")
    monkeypatch.setenv("SAFELIGHT_WEBHOOK_HOSTS", "127.0.0.1,Hooks.internal")
    with pytest.raises(Misconfigured) as missing:
        Settings.read()
    assert "SAFELIGHT_WEBHOOK_KEY" in missing.value.hint
    with pytest.raises(Misconfigured) as short:
        Settings.read(webhook_key="geheim")
    assert "geheim" not in f"{short.value.detail}{short.value.hint}"
    settings = Settings.read(webhook_key="geheim and long enough")
    assert settings.webhook is not None
    assert settings.webhook.events == ("generation.failed", "batch.finished")
    assert settings.webhook_hosts == ("127.0.0.1", "hooks.internal")
    assert "geheim" not in repr(settings)
