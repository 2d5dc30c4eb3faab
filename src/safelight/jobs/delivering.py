"""What a delivery is signed with, and when one that failed is tried again."""

import hashlib
import hmac
import random
from datetime import datetime, timedelta

LONGEST_WAIT_S = 3600.0
GIVES_UP_AFTER = timedelta(days=1)


def signature(body: bytes, *, key: str, moment: int) -> str:
    """For the header `Safelight-Signature`: HMAC-SHA256 of the moment (seconds since 1970), a dot and the body."""
    digest = hmac.new(key.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def next_try(*, created_at: datetime, now: datetime, attempts: int, first_wait_s: float) -> datetime | None:
    """When to try again after so many attempts, each time after about twice as long; None where it is given up."""
    # The exponent is bounded: a day of waits is over long before, and a float has an end.
    wait = min(first_wait_s * 2.0 ** min(attempts - 1, 30), LONGEST_WAIT_S)
    # Somewhere around it, so that what failed together does not come back together.
    again = now + timedelta(seconds=wait * random.uniform(0.5, 1.5))
    return again if again < created_at + GIVES_UP_AFTER else None
