"""Blobs in a bucket of Amazon S3, or of whatever speaks its language."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from safelight.domain.errors import Misconfigured, SafelightError, StoreAway
from safelight.store.blobs import Blob, Blobs, checked, missing
from safelight.store.cdn import Cdn
from safelight.store.settings import StoreSettings

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Credential

try:
    import obstore
    from obstore import exceptions
    from obstore.store import S3Store
except ModuleNotFoundError as error:
    raise Misconfigured(
        f"What talks to S3 is missing: {error.name}.", hint="Install it with: pip install 'safelight[s3]'."
    ) from error

CONNECT_TIMEOUT = timedelta(seconds=10)
IMMUTABLE = "private, max-age=31536000, immutable"


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Where it is, and how to get in.

    Attributes:
        endpoint: left out, Amazon's of the region.
        key_id: left out, with `secret_key`, what the environment or the machine's role gives.
    """

    name: str
    region: str = "us-east-1"
    endpoint: str | None = None
    prefix: str = ""
    key_id: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    timeout: timedelta = timedelta(seconds=30)
    retries: int = 3

    @classmethod
    def read(cls, settings: StoreSettings) -> "Bucket":
        """The one that the settings name."""
        assert settings.s3_bucket is not None, "the caller sees to it"
        key_id, secret_key = settings.s3_key_id, settings.s3_secret_key
        return cls(
            name=settings.s3_bucket,
            region=settings.s3_region,
            endpoint=settings.s3_endpoint,
            prefix=settings.s3_prefix or "",
            key_id=None if key_id is None else key_id.get_secret_value(),
            secret_key=None if secret_key is None else secret_key.get_secret_value(),
            timeout=timedelta(seconds=settings.s3_timeout_s),
            retries=settings.s3_retries,
        )

    def store(self, folder: str) -> S3Store:
        """A folder in it. Raises Misconfigured where the address is none."""
        config: S3Config = {"region": self.region}
        if self.endpoint is not None:
            config["aws_endpoint_url_s3"] = self.endpoint  # By this name it wins over what the environment says.
        try:
            return S3Store(
                self.name,
                prefix=self.path(folder),
                config=config,
                client_options={
                    "allow_http": True,
                    "timeout": self.timeout,
                    "connect_timeout": min(CONNECT_TIMEOUT, self.timeout),
                },
                retry_config={"max_retries": self.retries, "retry_timeout": self.timeout * (self.retries + 1)},
                credential_provider=self._credential if self.key_id else None,
            )
        except (exceptions.BaseError, ValueError) as error:
            raise Misconfigured(
                f"The bucket '{self.name}' cannot be used: {_first_line(error)}",
                hint="Check SAFELIGHT_S3_BUCKET, SAFELIGHT_S3_ENDPOINT and SAFELIGHT_S3_REGION.",
            ) from None

    def _credential(self) -> "S3Credential":
        """The keys alone: given as options, they would be joined by a token that the environment has for others."""
        assert self.key_id is not None and self.secret_key is not None, "the settings see to it"
        return {"access_key_id": self.key_id, "secret_access_key": self.secret_key, "expires_at": None}

    def path(self, key: str) -> str:
        """Where in the bucket a key lies."""
        return "/".join(part for part in (self.prefix.strip("/"), key) if part)


class S3Blobs(Blobs):
    """One folder of a bucket.

    Args:
        links: how long the addresses hold that lead straight to the bucket; None gives out no such address.
        cdn: gives out addresses in the bucket's place.
    """

    def __init__(self, bucket: Bucket, folder: str, *, links: timedelta | None = None, cdn: Cdn | None = None) -> None:
        self._bucket = bucket
        self._folder = folder
        self._store = bucket.store(folder)
        self._links = links
        self._cdn = cdn

    async def check(self) -> None:
        """Look whether the bucket lets us in.

        Raises:
            Misconfigured: it is not there, or refuses us.
        """
        try:
            with self._told():
                async for _ in self._store.list(chunk_size=1):
                    break
        except SafelightError as error:
            raise Misconfigured(error.detail, hint=error.hint) from None

    async def put(self, key: str, data: bytes, media_type: str) -> None:
        name = quote(PurePosixPath(checked(key)).name)
        attributes = {
            "Content-Type": media_type,
            "Cache-Control": IMMUTABLE,
            "Content-Disposition": f"inline; filename*=UTF-8''{name}",
        }
        with self._told():
            try:
                # Not in parts: one of a file that was cut short would stay, unseen and paid for.
                await self._store.put_async(key, data, mode="create", use_multipart=False, attributes=attributes)
            except exceptions.AlreadyExistsError:
                # What is sent again because the answer was lost finds itself there.
                if await self.get(key) != data:
                    raise FileExistsError(key) from None

    async def get(self, key: str) -> bytes:
        with self._told():
            try:
                found = await self._store.get_async(checked(key))
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                raise missing(key) from None
            return bytes(await found.bytes_async())

    async def delete(self, key: str) -> None:
        with self._told():
            await self._store.delete_async(checked(key))

    async def listed(self) -> AsyncIterator[Blob]:
        with self._told():
            async for chunk in self._store.list():
                for found in chunk:
                    yield Blob(key=found["path"], bytes=found["size"], modified_at=found["last_modified"])

    async def link(self, key: str) -> str | None:
        if self._cdn is not None:
            return self._cdn.link(self._bucket.path(f"{self._folder}/{checked(key)}"))
        if self._links is None:
            return None
        with self._told():
            return await obstore.sign_async(self._store, "GET", checked(key), self._links)

    async def origin(self) -> str | None:
        """Scheme and host of the addresses that `link` gives out."""
        address = await self.link("any")
        return None if address is None else "{0.scheme}://{0.netloc}".format(urlsplit(address))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever the bucket answers, in our own words and without what it was sent."""
        where = f"The bucket '{self._bucket.name}' at {self._bucket.endpoint or self._bucket.region}"
        try:
            yield
        except (exceptions.BaseError, FileNotFoundError) as error:
            complaint, hint = _reading(error)
            raise StoreAway(f"{where} {complaint}.", hint=hint) from None


def _reading(error: Exception) -> tuple[str, str]:
    """What a bucket's answer means, and what to do about it. Listing has no error class for who is not let in."""
    refused = isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError)
    if refused or "status code: 403" in str(error):
        hint = "Check SAFELIGHT_S3_KEY_ID and SAFELIGHT_S3_SECRET_KEY, and what they may do there."
        return "refuses access", hint
    if "NoSuchBucket" in str(error):
        return "does not exist", "Make it first, or check SAFELIGHT_S3_BUCKET and SAFELIGHT_S3_REGION."
    return f"does not answer: {_first_line(error)}", "Check SAFELIGHT_S3_ENDPOINT and the network."


def _first_line(error: Exception) -> str:
    """What went wrong, without the debugging notes behind it."""
    return str(error).partition("\n")[0][:300]
