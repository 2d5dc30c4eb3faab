"""Content credentials and marks: the part of the settings that pictures are finished by."""

from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from safelight.domain.errors import Misconfigured
from safelight.store.settings import StoreSettings, absolute


class Signs(StrEnum):
    """Whether pictures that are drawn here are signed."""

    AUTO = "auto"
    """Where the extra `provenance` is installed."""
    ON = "on"
    OFF = "off"


class ProvenanceSettings(StoreSettings):
    """What a file tells of its origin besides the recipe."""

    model_config = SettingsConfigDict(frozen=True, use_attribute_docstrings=True, protected_namespaces=())

    content_credentials: Signs = Signs.AUTO
    """Sign the pictures that are drawn here with C2PA content credentials: `on`, `off`, or `auto`, where the extra
    `provenance` is installed."""
    credentials_chain: Path | None = None
    """File with the certificate to sign with and those that it was issued by, in PEM, the signing one first; left out,
    Safelight makes its own in `credentials` in `home`."""
    credentials_key: Path | None = None
    """File with the private key that belongs to it, in PEM, without a password."""
    credentials_timestamps: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Address of a timestamp authority (RFC 3161) that confirms when a picture was signed, so that it holds after the
    certificate has expired."""
    credentials_anchors: Path | None = None
    """File with certificates, in PEM, that are trusted besides Safelight's own when credentials are read."""
    watermark: bool = False
    """Put an invisible mark into the pixels of pictures that are drawn here; it survives JPEG and WebP."""
    visible_mark: str | None = Field(default=None, min_length=1, max_length=64)
    """Words in the lower right corner of pictures that are drawn here, `AI-generated` for instance."""

    @field_validator("credentials_chain", "credentials_key", "credentials_anchors", mode="after")
    @classmethod
    def _absolute_credentials(cls, value: Any) -> Any:
        return absolute(value)

    def check_provenance(self) -> None:
        """Raises Misconfigured where one setting needs another one."""
        pair = {"credentials_chain": self.credentials_chain, "credentials_key": self.credentials_key}
        missing = [name for name, path in pair.items() if path is None]
        if len(missing) == 1:
            raise Misconfigured(
                "A certificate and its private key belong together.",
                hint=f"Set SAFELIGHT_{missing[0].upper()} as well, or neither of the two.",
            )
