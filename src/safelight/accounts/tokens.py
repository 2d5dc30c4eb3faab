"""JSON Web Tokens of somebody else's sign-in: checked, and read for who it is."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
from pydantic import SecretStr

from safelight.domain.access import HOME, Role
from safelight.domain.errors import Misconfigured, Unauthenticated, Unreachable

if TYPE_CHECKING:
    from joserfc.jwk import KeySet, OctKey

LEEWAY_S = 60
"""By how much two clocks may differ."""
FETCH_AGAIN_S = 60
"""An unknown key is looked for at its issuer's, but not more often than this."""
# Never both in one set: with a public key taken for a shared secret, anybody could sign.
WITH_SECRET = ["HS256"]
WITH_KEYS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """Who a token says it is."""

    subject: str
    name: str
    role: Role
    workspace: str


class Tokens:
    """Reads tokens.

    Args:
        secret: shared with whoever signs, by HS256; or else
        jwks: a file or an address of the signer's public keys.
        issuer: what `iss` has to be; None for whatever it is.
        audience: what `aud` has to name.
        role_claim: where the role is; without one, it is a viewer's.
        workspace_claim: where the workspace is; without one, it is the server's own.
    """

    def __init__(
        self,
        *,
        secret: SecretStr | None,
        jwks: str | None,
        issuer: str | None,
        audience: str | None,
        role_claim: str = "role",
        workspace_claim: str = "workspace",
    ) -> None:
        try:
            import joserfc.jwt
        except ImportError as error:
            raise Misconfigured(
                "Tokens need a package that is not installed.", hint="pip install 'safelight[jwt]'"
            ) from error
        self._jwt = joserfc.jwt
        self._secret = secret
        self._jwks = jwks
        self._claims: dict[str, Any] = {
            "exp": {"essential": True},
            "sub": {"essential": True},
            **({"iss": {"essential": True, "value": issuer}} if issuer else {}),
            **({"aud": {"essential": True, "value": audience}} if audience else {}),
        }
        self._role_claim = role_claim
        self._workspace_claim = workspace_claim
        self._keys: KeySet | None = None
        self._fetched_at = -float(FETCH_AGAIN_S)
        self._fetching = asyncio.Lock()

    async def read(self, token: str) -> Bearer:
        """Who it is.

        Raises:
            Unauthenticated: it is not valid: forged, expired, or meant for somebody else.
            Unreachable: the signer's keys cannot be had.
        """
        keys = await self._known_keys(token)
        claims = self._checked(token, keys)
        role = claims.get(self._role_claim, Role.VIEWER)
        workspace = claims.get(self._workspace_claim, HOME)
        if role not in set(Role) or not isinstance(workspace, str):
            raise Unauthenticated(
                f"The token's '{self._role_claim}' or '{self._workspace_claim}' says nothing that is known here.",
                hint=f"Roles are {', '.join(Role)}.",
            )
        subject = str(claims["sub"])[:80]
        return Bearer(
            subject=subject, name=str(claims.get("name") or subject)[:100], role=Role(role), workspace=workspace
        )

    def _checked(self, token: str, keys: "OctKey | KeySet") -> Mapping[str, Any]:
        from joserfc.errors import JoseError

        try:
            algorithms = WITH_SECRET if self._secret else WITH_KEYS
            decoded = self._jwt.decode(token, keys, algorithms=algorithms)
            self._jwt.JWTClaimsRegistry(leeway=LEEWAY_S, **self._claims).validate(decoded.claims)
        except (JoseError, ValueError, KeyError) as error:
            # The kind of the fault and nothing of the token: whoever forges one learns as little as the log does.
            raise Unauthenticated(
                f"The token is not valid: {type(error).__name__}.", hint="Sign in again where it came from."
            ) from None
        return decoded.claims

    async def _known_keys(self, token: str) -> "OctKey | KeySet":
        from joserfc.jwk import OctKey

        if self._secret is not None:
            return OctKey.import_key(self._secret.get_secret_value())
        async with self._fetching:
            if self._keys is None or (not self._knows(token) and self._is_time()):
                self._keys = await self._fetch()
        return self._keys

    def _is_time(self) -> bool:
        return time.monotonic() - self._fetched_at >= FETCH_AGAIN_S

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
                f"The keys that tokens are checked with cannot be read: {type(error).__name__}.",
                hint="SAFELIGHT_JWT_JWKS is a file or an address of a JSON Web Key Set.",
            ) from error

    async def _document(self) -> str:
        assert self._jwks is not None, "the settings see to it"
        if not self._jwks.startswith(("https://", "http://")):
            return await asyncio.to_thread(Path(self._jwks).read_text, encoding="utf-8")
        async with httpx2.AsyncClient(timeout=10) as client:
            return (await client.get(self._jwks)).raise_for_status().text
