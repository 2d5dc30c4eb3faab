"""When a delivery is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta

from safelight.jobs.delivering import next_try, signature

BEGAN = datetime(2026, 11, 21, tzinfo=UTC)


def test_the_waits_double_up_to_an_hour_and_end_after_a_day() -> None:
    now, waits = BEGAN, list[float]()
    while (again := next_try(created_at=BEGAN, now=now, attempts=len(waits) + 1, first_wait_s=10)) is not None:
        waits.append((again - now).total_seconds())
        now = again
    for attempt, wait in enumerate(waits):
        usual = min(10 * 2**attempt, 3600)
        assert 0.5 * usual <= wait <= 1.5 * usual
    assert timedelta(hours=20) < now - BEGAN <= timedelta(days=1)
    assert 25 < len(waits) < 60


def test_two_that_failed_together_do_not_come_back_together() -> None:
    again = {next_try(created_at=BEGAN, now=BEGAN, attempts=5, first_wait_s=10) for _ in range(20)}
    assert len(again) == 20


def test_the_signature_is_the_documented_one() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    digest = "b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
    assert signature(b"{}", key="secret", moment=1700000000) == f"t=1700000000,v1={digest}"
