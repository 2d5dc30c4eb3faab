"""The store as the settings wish it: which database, and where the files lie."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from safelight.store.batches import Batches
from safelight.store.blobs import Blobs, DiskBlobs
from safelight.store.database import connect
from safelight.store.deliveries import Deliveries
from safelight.store.finish import Finish
from safelight.store.gallery import Gallery
from safelight.store.inputs import Inputs
from safelight.store.people import People
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
    batches: Batches
    deliveries: Deliveries
    people: People
    files: Blobs
    given: Blobs
    origin: str | None = None

    @classmethod
    def over(
        cls,
        records: Records,
        *,
        files: Blobs,
        given: Blobs,
        origin: str | None = None,
        finish: Finish | None = None,
    ) -> Store:
        """The store over an opened database, with the pictures in `files` and the inputs in `given`."""
        pictures, batches = Pictures(records, files, finish), Batches(records)
        return cls(
            records=records,
            pictures=pictures,
            inputs=Inputs(records, given, pictures),
            gallery=Gallery(records, pictures),
            shares=Shares(records, pictures),
            batches=batches,
            deliveries=Deliveries(records, pictures, batches),
            people=People(records),
            files=files,
            given=given,
            origin=origin,
        )

    @property
    def shared(self) -> bool:
        """Whether other servers may use it at the same time: an SQLite file is one server's."""
        return self.records.engine.dialect.name != "sqlite"


@asynccontextmanager
async def open_store(
    settings: StoreSettings, *, as_it_is: bool = False, finish: Finish | None = None
) -> AsyncIterator[Store]:
    """The store, opened and on the newest schema, or left on the one that it has.

    Args:
        finish: what is done to pictures that are drawn.

    Raises:
        Misconfigured: the database, the folder or the bucket cannot be used.
    """
    records = Records(await connect(settings.database)) if as_it_is else await Records.open(settings.database)
    try:
        files, given, origin = await _shelves(settings)
        yield Store.over(records, files=files, given=given, origin=origin, finish=finish)
    finally:
        await records.close()


async def reach(settings: StoreSettings) -> None:
    """Look whether the database answers and files can be written, and leave nothing behind.

    Raises:
        Misconfigured, Unreachable: what is in the way.
    """
    engine = await connect(settings.database)
    await engine.dispose()
    files, _, _ = await _shelves(settings)
    probe = f"{secrets.token_hex(8)}.probe"
    await files.put(probe, b"probe", "application/octet-stream")
    await files.delete(probe)


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
