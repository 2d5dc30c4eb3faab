"""Addresses on a content delivery network before the bucket, signed as CloudFront reads them where it wants that."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from safelight.domain.errors import Misconfigured

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

UNSAFE = bytes.maketrans(b"+=/", b"-_~")
"""What base64 has and an address must not have, as CloudFront wishes it written."""


class Cdn:
    """Args:
    url: what stands before the bucket's keys, such as `https://d111.cloudfront.net`.
    key_id: of the public key that CloudFront knows; without one, addresses are not signed.
    private_key: file of its RSA key, in PEM.
    lasting: how long a signed address holds.

    Raises:
        Misconfigured: the key cannot be read.
    """

    def __init__(
        self,
        url: str,
        *,
        key_id: str | None = None,
        private_key: Path | None = None,
        lasting: timedelta = timedelta(hours=1),
    ) -> None:
        self._url = url.rstrip("/")
        self._key_id = key_id
        self._lasting = lasting
        self._key = None if private_key is None else _read(private_key)

    def link(self, path: str) -> str:
        """The address of what lies at a path in the bucket."""
        url = f"{self._url}/{quote(path)}"
        if self._key is None:
            return url
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA1

        expires = int(time.time() + self._lasting.total_seconds())
        # The canned policy, to the letter: CloudFront makes it again from the address and checks the signature on it.
        condition = {"DateLessThan": {"AWS:EpochTime": expires}}
        policy = json.dumps({"Statement": [{"Resource": url, "Condition": condition}]}, separators=(",", ":"))
        signature = b64encode(self._key.sign(policy.encode(), PKCS1v15(), SHA1())).translate(UNSAFE).decode()
        return f"{url}?Expires={expires}&Signature={signature}&Key-Pair-Id={self._key_id}"


def _read(path: Path) -> RSAPrivateKey:
    try:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        key = load_pem_private_key(path.read_bytes(), password=None)
    except ModuleNotFoundError as error:
        raise Misconfigured(
            f"What signs addresses is missing: {error.name}.", hint="Install it with: pip install 'safelight[s3]'."
        ) from error
    except (OSError, ValueError, TypeError) as error:
        why = getattr(error, "strerror", None) or "it is no private key in PEM without a password"
        raise _no_key(path, why) from None
    if not isinstance(key, RSAPrivateKey):
        raise _no_key(path, "CloudFront wants an RSA key")
    return key


def _no_key(path: Path, why: str) -> Misconfigured:
    return Misconfigured(
        f"The key {path} cannot be used: {why}.",
        hint="Make one with: openssl genrsa -out cdn.pem 2048, and name it in SAFELIGHT_CDN_PRIVATE_KEY.",
    )
