"""The settings of what is measured and told elsewhere."""

from importlib.util import find_spec

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from safelight.domain.errors import Misconfigured


class MeteringSettings(BaseSettings):
    """A part of `Settings`."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    """Whoever shows this as a bearer token may read `/metrics`; left out, it takes an admin of the server."""
    otlp_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+(/\S*)?$")
    """Send traces to this collector by OTLP over HTTP, such as `http://127.0.0.1:4318`. Needs the extra `otel`."""
    otlp_headers: SecretStr | None = None
    """Headers that the collector asks for, as `name=value`, separated by commas."""
    trace_share: float = Field(default=1.0, ge=0, le=1)
    """Part of the requests that are traced."""
    sentry_dsn: SecretStr | None = None
    """Report faults of the server to this Sentry, or a service that speaks its protocol. Needs the extra `sentry`."""

    @property
    def metrics_bearer(self) -> str | None:
        """Who shows it may read what is measured."""
        return None if self.metrics_token is None else self.metrics_token.get_secret_value()

    def check_metering(self) -> None:
        """Raises Misconfigured where something is to be told that cannot be."""
        for name, given, package, extra in (
            ("otlp_url", self.otlp_url, "opentelemetry.exporter.otlp.proto.http", "otel"),
            ("sentry_dsn", self.sentry_dsn, "sentry_sdk", "sentry"),
        ):
            if given is not None and not _installed(package):
                raise Misconfigured(
                    f"What SAFELIGHT_{name.upper()} asks for is not installed.",
                    hint=f"Install it with: pip install 'safelight[{extra}]'.",
                )


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False
