"""Where things are kept: the part of the settings that the store reads."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from safelight.domain.errors import Misconfigured


def default_home() -> Path:
    return Path(platformdirs.user_data_dir("safelight", appauthor=False))


def absolute(value: Any) -> Any:
    """Relative folders are meant from where the server was started, whatever happens later."""
    if value is None:
        return None
    if isinstance(value, Path):
        return value.expanduser().absolute()
    return tuple(folder.expanduser().absolute() for folder in value)


class StoreSettings(BaseSettings):
    """Home, database, bucket, content delivery network."""

    model_config = SettingsConfigDict(frozen=True, use_attribute_docstrings=True, protected_namespaces=())

    home: Path = Field(default_factory=default_home)
    """Folder of everything the server keeps: database, pictures, thumbnails."""
    database_url: SecretStr | None = None
    """Address of the database, such as `postgresql+asyncpg://user:password@host/safelight`, which needs the extra
    `postgres`; left out, `safelight.db` in `home`."""
    s3_bucket: str | None = Field(default=None, min_length=3, max_length=63)
    """Bucket for pictures, thumbnails and images that were given, which needs the extra `s3`; left out, folders in
    `home`."""
    s3_region: str = "us-east-1"
    """Where the bucket is."""
    s3_endpoint: str | None = Field(default=None, pattern="^https?://")
    """Address of a server that speaks S3; left out, Amazon's."""
    s3_prefix: str | None = None
    """What every key in the bucket begins with, to share it with others."""
    s3_key_id: SecretStr | None = None
    """Access key id; left out, what the environment (`AWS_ACCESS_KEY_ID`) or the machine's role gives."""
    s3_secret_key: SecretStr | None = None
    """Secret access key that belongs to it."""
    s3_timeout_s: float = Field(default=30, gt=0, le=600)
    """Seconds to wait for an answer of the bucket."""
    s3_retries: int = Field(default=3, ge=0, le=20)
    """How often a request that was not answered is sent again."""
    s3_direct: bool = False
    """Send who asks for a picture's file straight to the bucket, with a signed address that holds a while, instead of
    passing the bytes on."""
    cdn_url: str | None = Field(default=None, pattern="^https?://")
    """Address of a content delivery network before the bucket; who asks for a picture's file is sent there."""
    cdn_key_id: str | None = None
    """Id of CloudFront's public key; with it, addresses there are signed."""
    cdn_private_key: Path | None = None
    """File of the RSA key that signs them, in PEM."""
    link_minutes: float = Field(default=60, gt=0, le=7 * 24 * 60)
    """How long a signed address holds."""

    @field_validator("home", "cdn_private_key", mode="after")
    @classmethod
    def _absolute(cls, value: Any) -> Any:
        return absolute(value)

    @property
    def database(self) -> str:
        """SQLAlchemy address of the database."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.home / 'safelight.db'}"

    @property
    def pictures(self) -> Path:
        """Folder of the pictures on disk."""
        return self.home / "pictures"

    @property
    def inputs(self) -> Path:
        """Folder of the images that were given to draw with."""
        return self.home / "inputs"

    @property
    def link_lasting(self) -> timedelta:
        return timedelta(minutes=self.link_minutes)

    def check_store(self) -> None:
        """Raises Misconfigured where one setting needs another one."""
        needs = (
            ("s3_direct", "s3_bucket"),
            ("cdn_url", "s3_bucket"),
            ("cdn_key_id", "cdn_url"),
            ("cdn_key_id", "cdn_private_key"),
            ("cdn_private_key", "cdn_key_id"),
            ("s3_key_id", "s3_secret_key"),
            ("s3_secret_key", "s3_key_id"),
        )
        for one, other in needs:
            if getattr(self, one) and not getattr(self, other):
                raise Misconfigured(
                    f"The setting {one} needs {other} beside it.", hint=f"Set SAFELIGHT_{other.upper()} as well."
                )
