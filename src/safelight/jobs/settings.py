"""Webhooks and how long things are kept: the part of the settings that jobs go by."""

from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from safelight.domain.errors import Misconfigured
from safelight.domain.webhook import Webhook, WebhookEvent


class JobSettings(BaseSettings):
    """Who is told how things end, and when they are forgotten."""

    model_config = SettingsConfigDict(frozen=True, use_attribute_docstrings=True, protected_namespaces=())

    webhook_key: SecretStr | None = Field(default=None, min_length=16)
    """What calls to webhooks are signed with, 16 characters or more; left out, there are no webhooks."""
    webhook_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Is told how every generation and batch of this server ends."""
    webhook_events: Annotated[tuple[WebhookEvent, ...], NoDecode] = tuple(WebhookEvent)
    """Of which endings, separated by commas; left out, of all."""
    webhook_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Hosts that webhooks may call without TLS and within your own network, separated by commas; no others."""
    lease_s: float = Field(default=15, ge=1, le=3600)
    """Of several servers on one database, how long one may be silent before another draws what it had."""
    shared_feed_minutes: float = Field(default=15, gt=0, le=1440)
    """Of several servers with one `redis_url`, how long steps and previews of what has ended can be seen at all of
    them."""
    generation_days: float = Field(default=90, gt=0, le=36500)
    """How long a generation that ended without a picture, or whose pictures are deleted, stays in the lists, and so
    does a batch that has ended."""
    delivery_days: float = Field(default=30, gt=0, le=36500)
    """How long it is kept what webhooks were told."""

    @field_validator("webhook_events", "webhook_hosts", mode="before")
    @classmethod
    def _webhook_lists(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("webhook_hosts", mode="after")
    @classmethod
    def _webhook_names(cls, value: Any) -> Any:
        return tuple(host.lower() for host in value)

    @property
    def webhook(self) -> Webhook | None:
        """Who is told of everything."""
        return (self.webhook_url and Webhook(url=self.webhook_url, events=self.webhook_events or None)) or None

    def check_webhooks(self) -> None:
        """Raises Misconfigured."""
        if self.webhook_url is not None and self.webhook_key is None:
            raise Misconfigured(
                "Calls to SAFELIGHT_WEBHOOK_URL cannot be signed.",
                hint="Set SAFELIGHT_WEBHOOK_KEY to something long and secret: openssl rand -hex 32",
            )
