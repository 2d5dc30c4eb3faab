"""Everything that is kept of somebody as one zip, made while it is sent."""

import zipfile
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import PurePosixPath

from safelight.domain.errors import NotFound
from safelight.domain.privacy import Person
from safelight.store.belongings import Belongings, Held, holdings
from safelight.store.blobs import Blobs
from safelight.store.names import EXTENSIONS
from safelight.store.zips import Outlet

README = """What Safelight keeps of you.

Each file ending in .jsonl holds one JSON object a line: account, keys (without their secrets), sessions, generations
and batches with their recipes, pictures with theirs, tags, share links, images that you gave, what moderation said,
and what the audit log has of you. pictures/ and images/ hold the files, as pictures.jsonl and images.jsonl name them.
"""


async def handed_over(
    belongings: Belongings, person: Person, *, files: Blobs, given: Blobs
) -> AsyncGenerator[bytes, None]:
    """The zip in pieces; at no time is there more in memory than one picture, or one page of rows. A file that was
    taken away is left out."""
    outlet = Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("README.txt", README)
        held = holdings(person)
        for name, one in held.items():
            entry = zipfile.ZipInfo(f"{name}.jsonl")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as listing:
                async for lines in belongings.lines(one):
                    listing.write(lines)
                    yield outlet.take()
        for folder, blobs in (("pictures", files), ("images", given)):
            async for key, name in _names(belongings, held[folder]):
                with suppress(NotFound):
                    archive.writestr(zipfile.ZipInfo(f"{folder}/{name}"), await blobs.get(key))
                    yield outlet.take()
    yield outlet.take()


async def _names(belongings: Belongings, held: Held) -> AsyncGenerator[tuple[str, str], None]:
    """Where each file lies, and what it is called in the zip: no two pictures have the same key, whatever the system
    thinks of capitals."""
    async for rows in belongings.pages(held):
        for row in rows:
            if "blob" in row:
                yield row["blob"], f"{row['id']}_{PurePosixPath(row['blob']).name}"
            else:
                yield row["id"], f"{row['id']}.{EXTENSIONS.get(row['media_type'], 'bin')}"
