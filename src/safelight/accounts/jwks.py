"""The public keys of whoever signs tokens: fetched when they are needed, and again when an unknown one is named."""

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2

from safelight.domain.errors import Unreachable

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

SIGNED_WITH = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
"""Never with a shared secret as well: with a public key taken for one, anybody could sign."""


class Keys:
    """The keys at one place.

    Args:
        place: a file or an address of a JSON Web Key Set.
        again_s: an unknown key is looked for there, but not more often than this.
        hint: what to do where they cannot be had.
    """

    def __init__(self, place: str, *, again_s: float, hint: str) -> None:
        self._place = place
        self._again_s = again_s
        self._hint = hint
        self._keys: KeySet | None = None
        self._fetched_at = -again_s
        self._fetching = asyncio.Lock()

    async def for_token(self, token: str) -> "KeySet":
        """The keys, with the one that a token names if it is there. Raises Unreachable."""
        async with self._fetching:
            if self._keys is None or (not self._knows(token) and self._is_time()):
                self._keys = await self._fetch()
        return self._keys

    def _is_time(self) -> bool:
        return time.monotonic() - self._fetched_at >= self._again_s

    def _knows(self, token: str) -> bool:
        """Whether the key that a token names is there. Its signature is checked afterwards."""
        from joserfc.errors import JoseError
        from joserfc.jws import extract_compact

        try:
            named = extract_compact(token.encode()).headers().get("kid")
        except (JoseError, ValueError):
            return True
        return named is None or any(key.kid == named for key in self._keys or ())

    async def _fetch(self) -> "KeySet":
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        self._fetched_at = time.monotonic()
        try:
            return KeySet.import_key_set(json.loads(await self._document()))
        except (OSError, httpx2.HTTPError, ValueError, KeyError, JoseError) as error:
            if self._keys is not None:
                return self._keys
            raise Unreachable(
                f"The keys that tokens are checked with cannot be read: {type(error).__name__}.", hint=self._hint
            ) from error

    async def _document(self) -> str:
        if not self._place.startswith(("https://", "http://")):
            return await asyncio.to_thread(Path(self._place).read_text, encoding="utf-8")
        async with httpx2.AsyncClient(timeout=10) as client:
            return (await client.get(self._place)).raise_for_status().text
