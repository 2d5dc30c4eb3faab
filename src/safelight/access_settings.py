"""The settings of who may use the server, and how much."""

import hashlib
import ipaddress
from enum import StrEnum
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from safelight.accounts.limits import rate
from safelight.domain.access import Openness
from safelight.domain.doors import DoorName
from safelight.domain.errors import Misconfigured
from safelight.domain.privacy import Consent

OFF = "off"


class AccessChoice(StrEnum):
    """Who gets in without showing anything."""

    AUTO = "auto"
    SINGLE = "single"
    KEYS = "keys"


class AccessSettings(BaseSettings):
    """A part of `Settings`."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    """Address to listen on. Anything but this machine's own needs `access=keys`, or `allow_anonymous`."""
    access: AccessChoice = AccessChoice.AUTO
    """Who gets in: with `auto`, whoever sits at this machine, until a key or a user is made; with `single`, they
    always; with `keys`, nobody without a key, a sign-in or a token."""
    allow_anonymous: bool = False
    """With `access=auto`, let everyone who reaches the server from elsewhere draw, without a key; looking after the
    server still takes one."""
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Names under which the server may be asked for, separated by commas, such as `draw.example.org`; left out, this
    machine's own where no key is needed, and else any."""
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Sites whose pages may use the API with a key, separated by commas, such as `https://example.org`."""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    """Addresses or networks of proxies before the server, separated by commas; theirs are the only `X-Forwarded-For`
    and `X-Forwarded-Proto` that are believed."""
    session_hours: float = Field(default=12.0, gt=0, le=24 * 365)
    """How long a sign-in lasts."""
    jwt_secret: SecretStr | None = Field(default=None, min_length=32)
    """Take JSON Web Tokens that are signed with this secret by HS256; at least 32 characters."""
    jwt_jwks: str | None = None
    """Take JSON Web Tokens that are signed with one of these public keys: a file, or an https address."""
    jwt_issuer: str | None = None
    """What `iss` of a token has to be."""
    jwt_audience: str | None = None
    """What `aud` of a token has to name. Say it wherever the signer makes tokens for others too."""
    jwt_role_claim: str = "role"
    """Where a token says `viewer`, `creator` or `admin`; one that does not is a viewer's."""
    jwt_workspace_claim: str = "workspace"
    """Where a token says its workspace, by id or name; one that does not is for the server's own."""
    rate_limit: str = "100/15minutes"
    """Requests of one key, user or token; `off` for as many as they like."""
    media_rate_limit: str = "6000/15minutes"
    """The same for frames, files, thumbnails, event streams, and looks at generations and through the gallery; or
    `off`."""
    sign_in_limit: str = "10/15minutes"
    """Attempts to sign in from one address under one name; ten times as many from one address altogether; or `off`."""
    concurrent_limit: int = Field(default=32, ge=1)
    """Generations of one caller that may be waiting, running or paused at the same time."""
    queue_share: float = Field(default=0.5, gt=0, le=1)
    """Part of the waiting line that one caller's generations may take."""
    device_seconds_a_day: float | None = Field(default=None, gt=0)
    """Seconds of model evaluations that one caller may use in a day, UTC; left out, as many as there are."""
    workspace_device_seconds_a_day: float | None = Field(default=None, gt=0)
    """The same for all callers of a workspace together."""
    doors: Annotated[tuple[DoorName, ...], NoDecode] = tuple(DoorName)
    """Which other programs' APIs are spoken as well, separated by commas: `openai`, `a1111`, `mcp`, and those of the
    earlier front ends, `demo`, `diffusion`, `guarded`, `dreamsketch`, `sprites`; `off` for none."""
    redis_url: SecretStr | None = None
    """Count requests in this Redis, for several servers together, such as `redis://127.0.0.1:6379/0`; those that
    share a PostgreSQL show and steer there what the others draw."""
    consent_text: str | None = Field(default=None, min_length=1, max_length=20_000)
    """What everybody is asked to agree to before they use the server, as plain text or Markdown; left out, nothing."""
    consent_version: str | None = Field(default=None, min_length=1, max_length=64)
    """What this form of the text is called; whoever agreed to another is asked again. Left out, it changes with the
    text."""
    key: SecretStr | None = None
    """Key that the command line shows to a server it is told to use with `--server`; from the environment only."""

    @field_validator("allowed_hosts", "allowed_origins", "trusted_proxies", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("doors", mode="before")
    @classmethod
    def _doors(cls, value: object) -> object:
        if isinstance(value, str):
            return [] if value == OFF else [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("rate_limit", "media_rate_limit", "sign_in_limit")
    @classmethod
    def _rate(cls, value: str) -> str:
        try:
            if value != OFF:
                rate(value)
        except ValueError as error:
            raise ValueError("is not a rate, such as 100/15minutes, nor `off`") from error
        return value

    @property
    def consent(self) -> Consent | None:
        """What everybody is asked to agree to."""
        if self.consent_text is None:
            return None
        made = hashlib.sha256(self.consent_text.encode()).hexdigest()[:12]
        return Consent(version=self.consent_version or made, text=self.consent_text)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def openness(self) -> Openness:
        """What becomes of somebody who shows nothing."""
        if self.access is AccessChoice.KEYS:
            return Openness.KEYS
        if not self.loopback:
            return Openness.ANYONE
        return Openness.SINGLE if self.access is AccessChoice.SINGLE else Openness.UNTIL_KEYS

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that the server may be asked for under; empty for any."""
        if not self.allowed_hosts and self.openness not in (Openness.SINGLE, Openness.UNTIL_KEYS):
            return ()
        names = (*self.allowed_hosts, "localhost", "127.0.0.1", "[::1]", self.host)
        return tuple(name.lower() for name in names)

    def check_access(self) -> None:
        """Raises Misconfigured where strangers would get in without being meant to, or tokens could not be checked."""
        if self.access is AccessChoice.KEYS or self.loopback or (self.allow_anonymous and not self._single):
            self._check_tokens()
            return
        raise Misconfigured(
            f"Listening on {self.host} would let everyone on the network use this server.",
            hint="Make a key with `safelight keys create --role admin --name me` and say SAFELIGHT_ACCESS=keys, keep "
            "--host 127.0.0.1, or say SAFELIGHT_ALLOW_ANONYMOUS=true if everyone may.",
        )

    @property
    def _single(self) -> bool:
        return self.access is AccessChoice.SINGLE

    def _check_tokens(self) -> None:
        if self.jwt_secret is not None and self.jwt_jwks is not None:
            raise Misconfigured(
                "Tokens are signed with a secret or with keys, not with both.",
                hint="Leave out SAFELIGHT_JWT_SECRET or SAFELIGHT_JWT_JWKS.",
            )
