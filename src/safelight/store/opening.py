"""The store as the settings wish it: which database, and where the files lie."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from safelight.store.blobs import Blobs, DiskBlobs
from safelight.store.gallery import Gallery
from safelight.store.inputs import Inputs
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.settings import StoreSettings
from safelight.store.shares import Shares


@dataclass(frozen=True, kw_only=True)
class Store:
    """Everything that is kept. Made by `open_store`.

    Attributes:
        origin: scheme and host that pictures are fetched from without this server; None where it serves them itself.
    """

    records: Records
    pictures: Pictures
    inputs: Inputs
    gallery: Gallery
    shares: Shares
    files: Blobs
    given: Blobs
    origin: str | None = None


@asynccontextmanager
async def open_store(settings: StoreSettings) -> AsyncIterator[Store]:
    """The store, opened and on the newest schema.

    Raises:
        Misconfigured: the database, the folder or the bucket cannot be used.
    """
    records = await Records.open(settings.database)
    try:
        files, given, origin = await _shelves(settings)
        pictures = Pictures(records, files)
        inputs = Inputs(records, given, pictures)
        yield Store(
            records=records,
            pictures=pictures,
            inputs=inputs,
            gallery=Gallery(records, pictures),
            shares=Shares(records, pictures),
            files=files,
            given=given,
            origin=origin,
        )
    finally:
        await records.close()


async def _shelves(settings: StoreSettings) -> tuple[Blobs, Blobs, str | None]:
    if settings.s3_bucket is None:
        return DiskBlobs(settings.pictures), DiskBlobs(settings.inputs), None
    from safelight.store.cdn import Cdn
    from safelight.store.s3 import Bucket, S3Blobs

    bucket = Bucket.read(settings)
    lasting = settings.link_lasting
    cdn = settings.cdn_url and Cdn(
        settings.cdn_url, key_id=settings.cdn_key_id, private_key=settings.cdn_private_key, lasting=lasting
    )
    files = S3Blobs(bucket, "pictures", links=lasting if settings.s3_direct else None, cdn=cdn or None)
    await files.check()
    return files, S3Blobs(bucket, "inputs"), await files.origin()
