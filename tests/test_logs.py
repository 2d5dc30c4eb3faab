"""What is written down: ids in every line, secrets in none."""

import json
import logging
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from safelight import logs
from safelight.settings import Settings

SECRETS = {
    "a key of ours": "sl_Zm9vYmFyYmF6cXV4Zm9vYmFy",
    "a key of OpenAI": "sk-proj-abcdefghijklmnopqrst",
    "a token of Hugging Face": "hf_abcdefghijklmnopqrst",
    "a key of AWS": "AKIAIOSFODNN7EXAMPLE",
    "a token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl",
    "a header": "0123456789abcdef0123",
    "a password in an address": "correct-horse",
    "a setting": 'with "quotes" and \\',
}
LINES = {"a header": "Authorization: Bearer {}", "a password in an address": "postgresql://me:{}@db/safelight"}


@pytest.fixture(autouse=True)
def as_before() -> Generator[None, None, None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in capsys.readouterr().err.splitlines())


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_in_any_line(name: str, as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    secret = SECRETS[name]
    logs.begin(level="info", as_json=as_json, mask=logs.Mask.of([SECRETS["a setting"]]))
    said = LINES.get(name, "it was {} that came").format(secret)
    log = logging.getLogger("safelight.test")
    log.info(said)
    log.info("with extra", extra={"detail": said})
    try:
        raise ValueError(said)
    except ValueError:
        log.exception("it broke: %s", said)
    written = capsys.readouterr().err
    assert logs.MASK in written
    assert secret not in written and json.dumps(secret)[1:-1] not in written


def test_what_is_no_secret_stays(capsys: pytest.CaptureFixture[str]) -> None:
    logs.begin(level="info", as_json=True)
    said = "generation gen_0123456789abcdef broke at http://127.0.0.1:8000/api/v1/generations: sk is a beer"
    logging.getLogger("safelight").info(said)
    assert next(lines(capsys))["event"] == said


def test_every_secret_setting_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAFELIGHT_OPENAI_KEY", "of-openai")
    monkeypatch.setenv("SAFELIGHT_METRICS_TOKEN", "a token of sixteen")
    assert {"of-openai", "a token of sixteen"} <= set(Settings.read().secrets)
    assert SecretStr("x").get_secret_value() not in logs.Mask.of(["x"]).known
