"""OpenID Connect: signing in elsewhere by the authorization code flow, with PKCE, state and nonce.

https://openid.net/specs/openid-connect-core-1_0.html, https://openid.net/specs/openid-connect-discovery-1_0.html
"""

import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
from pydantic import SecretStr

from safelight.accounts.jwks import SIGNED_WITH, Keys
from safelight.accounts.secrets import same
from safelight.domain.access import Role
from safelight.domain.errors import Misconfigured, Unauthenticated, Unreachable

LEEWAY_S = 60
"""By how much two clocks may differ."""
DISCOVERED_FOR_S = 3600
TIMEOUT_S = 10
DISCOVERY = "/.well-known/openid-configuration"
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
AGAIN = "Begin again; if it stays so, tell whoever runs this server."


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A sign-in that has begun: where to send the browser, and what has to fit when it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Somebody, as the sign-in elsewhere knows them."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """What they may be called here, the best first."""
        known = (self.claims.get(claim) for claim in ("preferred_username", "email", "name"))
        return tuple(name.strip()[:80] for name in known if isinstance(name, str) and name.strip().isprintable())

    @property
    def domain(self) -> str | None:
        """Of their address, where the sign-in has verified it."""
        address = self.claims.get("email")
        if not isinstance(address, str) or self.claims.get("email_verified") not in (True, "true"):
            return None
        return address.rpartition("@")[2].lower()

    def role(self, claim: str | None, roles: Mapping[str, Role]) -> Role | None:
        """The highest of the roles that their claim stands for; None where it stands for none.

        Args:
            claim: where to look, with dots into what is nested, such as `realm_access.roles`.
        """
        found: Any = self.claims
        for part in (claim or "").split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        said = found if isinstance(found, list) else [found]
        known = [roles[one] for one in said if isinstance(one, str) and one in roles]
        return max(known, key=list(Role).index, default=None)


class OpenId:
    """One provider of sign-ins.

    Args:
        issuer: its address, as its tokens name it.
        client_id: of this server, there.
        client_secret: where it was given one.
        scopes: what to ask for; `openid` is among them.
    """

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: SecretStr | None = None, scopes: tuple[str, ...]
    ) -> None:
        try:
            import joserfc.jwt
        except ImportError as error:
            raise Misconfigured(
                "Signing in elsewhere needs a package that is not installed.", hint="pip install 'safelight[jwt]'"
            ) from error
        self._jwt = joserfc.jwt
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._scopes = scopes
        self._found: Mapping[str, Any] = {}
        self._found_at = -float(DISCOVERED_FOR_S)
        self._keys: Keys | None = None

    async def begin(self, *, back_to: str) -> Begun:
        """Where to send a browser, which comes back to `back_to`. Raises Unreachable."""
        found = await self._discovered()
        state, nonce, verifier = (token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": back_to,
            "scope": " ".join(self._scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        place = str(found["authorization_endpoint"])
        url = f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"
        return Begun(url=url, state=state, nonce=nonce, verifier=verifier)

    async def finish(self, code: str, *, back_to: str, nonce: str, verifier: str) -> Identity:
        """Who it is that came back with a code.

        Raises:
            Unauthenticated: the code or the token for it is not valid.
            Unreachable: the provider does not answer, or not in the form that is agreed on.
        """
        found = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back_to,
            "code_verifier": verifier,
        }
        token = await self._token(found, form)
        claims = await self._checked(token, nonce=nonce)
        return Identity(issuer=self.issuer, subject=str(claims["sub"]), claims=claims)

    async def _token(self, found: Mapping[str, Any], form: dict[str, str]) -> str:
        form, auth = self._authenticated(found, form)
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT_S) as client:
                answer = await client.post(str(found["token_endpoint"]), data=form, headers=auth)
            said = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise _away(f"{type(error).__name__} at its token endpoint") from error
        said = said if isinstance(said, dict) else {}
        if answer.status_code in (400, 401, 403):
            raise Unauthenticated(f"The sign-in was not accepted: {_word(said.get('error'))}.", hint=AGAIN)
        if answer.is_error or not isinstance(token := said.get("id_token"), str):
            raise _away(f"status {answer.status_code} without an ID token")
        return token

    def _authenticated(self, found: Mapping[str, Any], form: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """The form and the headers by which the provider knows this server."""
        if self._client_secret is None:
            return form | {"client_id": self._client_id}, {}
        secret = self._client_secret.get_secret_value()
        ways = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" not in ways and "client_secret_post" in ways:
            return form | {"client_id": self._client_id, "client_secret": secret}, {}
        # Each is encoded as in a form first: RFC 6749, 2.3.1.
        pair = f"{quote(self._client_id, safe='')}:{quote(secret, safe='')}"
        return form, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    async def _checked(self, token: str, *, nonce: str) -> Mapping[str, Any]:
        from joserfc.errors import JoseError

        assert self._keys is not None, "discovered before"
        keys = await self._keys.for_token(token)
        needed: dict[str, Any] = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self._client_id},
            "sub": {"essential": True},
            "exp": {"essential": True},
            "iat": {"essential": True},
            "nonce": {"essential": True},
        }
        try:
            decoded = self._jwt.decode(token, keys, algorithms=SIGNED_WITH)
            self._jwt.JWTClaimsRegistry(leeway=LEEWAY_S, **needed).validate(decoded.claims)
        except (JoseError, ValueError, KeyError) as error:
            raise _invalid(type(error).__name__) from None
        claims: Mapping[str, Any] = decoded.claims
        if not same(str(claims["nonce"]), nonce):
            raise _invalid("it answers another sign-in")
        others = claims.get("azp", self._client_id)
        if others != self._client_id:
            raise _invalid("it was made for another program")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise _invalid("it names nobody")
        return claims

    async def _discovered(self) -> Mapping[str, Any]:
        """What the provider says about itself, not older than an hour. Raises Unreachable."""
        if time.monotonic() - self._found_at < DISCOVERED_FOR_S:
            return self._found
        try:
            async with httpx2.AsyncClient(timeout=TIMEOUT_S) as client:
                found = (await client.get(f"{self.issuer.rstrip('/')}{DISCOVERY}")).raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            raise _away(f"{type(error).__name__} at {DISCOVERY}") from error
        if not isinstance(found, dict) or found.get("issuer") != self.issuer:
            raise _away("its discovery document is of another issuer than SAFELIGHT_OIDC_ISSUER")
        if missing := [name for name in NEEDED if not isinstance(found.get(name), str)]:
            raise _away(f"its discovery document has no {', '.join(missing)}")
        if self._keys is None or found["jwks_uri"] != self._found.get("jwks_uri"):
            # As often as an unknown key is named: tokens come from the provider itself.
            self._keys = Keys(found["jwks_uri"], again_s=0, hint=AGAIN)
        self._found, self._found_at = found, time.monotonic()
        return found


def _away(why: str) -> Unreachable:
    return Unreachable(f"The sign-in elsewhere does not answer as it should: {why}.", hint="Try again soon.")


def _invalid(why: str) -> Unauthenticated:
    # The kind of the fault and nothing of the token: whoever forges one learns as little as the log does.
    return Unauthenticated(f"The sign-in elsewhere gave a token that is not valid: {why}.", hint=AGAIN)


def _word(error: object) -> str:
    """What a provider says went wrong, as far as it is one of the words that are agreed on."""
    return error if isinstance(error, str) and error.replace("_", "").isalnum() and len(error) < 60 else "no reason"
