from datetime import datetime, timedelta, timezone

import pytest

from safelight.store.names import file_name

MOMENT = datetime(2026, 11, 21, 14, 30, 5, 123456, tzinfo=timezone(timedelta(hours=2)))


def name(prompt: str, *, provider: str = "local", media_type: str = "image/png") -> str:
    return file_name(provider=provider, prompt=prompt, moment=MOMENT, media_type=media_type)


def test_a_name_tells_who_what_and_when() -> None:
    assert name("A red dragon") == "local_a-red-dragon_2026-11-21T12-30-05.123456Z.png"


@pytest.mark.parametrize(
    ("prompt", "snippet"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ('CON: "x" <y> |z?*\\', "con-x-y-z"),
        ("🐉🐉", "untitled"),
        ("x" * 500, "x" * 40),
        ("竜" * 500, "竜" * 40),
        ("a_b__c", "a-b-c"),
        ("line\nbreak\ttab", "line-break-tab"),
    ],
)
def test_a_name_is_safe_everywhere(prompt: str, snippet: str) -> None:
    result = name(prompt)
    assert result.split("_")[1] == snippet
    assert len(result.encode()) <= 255


def test_the_ending_says_what_it_is() -> None:
    assert name("x", media_type="image/webp").endswith(".webp")
    assert name("x", media_type="application/odd").endswith(".bin")
