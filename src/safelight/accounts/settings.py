"""Signing in elsewhere: the part of the settings that OpenID Connect goes by."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from safelight.domain.access import HOME, Role
from safelight.domain.errors import Misconfigured

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class OidcSettings(BaseSettings):
    """Who vouches for users, and what they become."""

    model_config = SettingsConfigDict(frozen=True, use_attribute_docstrings=True, protected_namespaces=())

    oidc_issuer: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$", max_length=300)
    """Let users sign in with OpenID Connect at this address, which has `/.well-known/openid-configuration` below it.
    Needs the extra `jwt`."""
    oidc_client_id: str | None = Field(default=None, min_length=1)
    """What this server is called there. It is sent back to `/api/v1/session/oidc/callback`, which has to be allowed
    there."""
    oidc_client_secret: SecretStr | None = None
    """Its secret there; left out, it has none (PKCE alone)."""
    oidc_scopes: Annotated[tuple[str, ...], NoDecode] = ("openid", "email", "profile")
    """What to ask for, separated by commas; `openid` is always asked for."""
    oidc_role_claim: str | None = None
    """Which claim of the ID token says what somebody is, such as `groups` or `realm_access.roles`."""
    oidc_roles: Annotated[tuple[tuple[str, Role], ...], NoDecode] = ()
    """What its values stand for, separated by commas, such as `painters=creator,ops=admin`. It is looked at with every
    sign-in."""
    oidc_role: Role = Role.VIEWER
    """What those are whom `oidc_roles` says nothing of, when they come for the first time."""
    oidc_domains: Annotated[tuple[str, ...], NoDecode] = ()
    """Domains of verified e-mail addresses that are let in, separated by commas; left out, everybody whom the provider
    vouches for."""
    oidc_workspace: str = HOME
    """Where they are let in, by id or name."""

    @field_validator("oidc_scopes", "oidc_domains", mode="before")
    @classmethod
    def _oidc_lists(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("oidc_scopes", mode="after")
    @classmethod
    def _oidc_openid(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(("openid", *value)))

    @field_validator("oidc_domains", mode="after")
    @classmethod
    def _oidc_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.lower().removeprefix("@") for domain in value)

    @field_validator("oidc_roles", mode="before")
    @classmethod
    def _oidc_pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.rpartition("=") for part in value.split(",") if part.strip()]
        if any(not name.strip() for name, _, _ in pairs):
            raise ValueError("is not a list like painters=creator,ops=admin")
        return [(name.strip(), role.strip()) for name, _, role in pairs]

    def check_oidc(self) -> None:
        """Raises Misconfigured."""
        if self.oidc_issuer is None:
            return
        if self.oidc_client_id is None:
            raise Misconfigured(
                "Signing in elsewhere needs what this server is called there.", hint="Set SAFELIGHT_OIDC_CLIENT_ID."
            )
        place = urlsplit(self.oidc_issuer)
        if place.scheme != "https" and place.hostname not in LOOPBACK:
            raise Misconfigured(
                "SAFELIGHT_OIDC_ISSUER is not https: whoever is in between could sign in as anybody.",
                hint="Use its https address.",
            )
        if bool(self.oidc_roles) != bool(self.oidc_role_claim):
            raise Misconfigured(
                "SAFELIGHT_OIDC_ROLES and SAFELIGHT_OIDC_ROLE_CLAIM belong together.", hint="Set both, or neither."
            )
