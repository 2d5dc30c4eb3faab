"""The secrets that are given out: shown once, kept as a digest."""

import hashlib
import hmac
from secrets import token_urlsafe

KEY, SESSION = "sl_", "sls_"
HINT = 9
"""Characters of a secret that are shown in lists: enough to tell keys apart, and no help in guessing the others."""


def mint(prefix: str) -> str:
    """A new secret of 256 random bits."""
    return prefix + token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of it.

    A single SHA-256, and that is right here: what makes slow hashes needed is that people choose passwords that can be
    guessed. 256 random bits cannot be, however fast the guessing; and this is computed for every request.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf(session: str) -> str:
    """What a page has to send along with a session's cookie: other sites can have the cookie sent, but not read this.

    It follows from the session's secret, so that there is nothing to keep.
    """
    return hmac.new(session.encode(), b"csrf", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """In a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
