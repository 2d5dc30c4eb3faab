"""JSON Web Tokens of somebody else's sign-in: checked, and read for who it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from safelight.accounts.jwks import SIGNED_WITH, Keys
from safelight.domain.access import HOME, Role
from safelight.domain.errors import Misconfigured, Unauthenticated

if TYPE_CHECKING:
    from joserfc.jwk import KeySet, OctKey

LEEWAY_S = 60
"""By how much two clocks may differ."""
FETCH_AGAIN_S = 60
"""An unknown key is looked for at its issuer's, but not more often than this."""
WITH_SECRET = ["HS256"]


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
        hint = "SAFELIGHT_JWT_JWKS is a file or an address of a JSON Web Key Set."
        self._keys = None if jwks is None else Keys(jwks, again_s=FETCH_AGAIN_S, hint=hint)
        self._claims: dict[str, Any] = {
            "exp": {"essential": True},
            "sub": {"essential": True},
            **({"iss": {"essential": True, "value": issuer}} if issuer else {}),
            **({"aud": {"essential": True, "value": audience}} if audience else {}),
        }
        self._role_claim = role_claim
        self._workspace_claim = workspace_claim

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
            algorithms = WITH_SECRET if self._secret else SIGNED_WITH
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
        assert self._keys is not None, "the settings see to it"
        return await self._keys.for_token(token)
