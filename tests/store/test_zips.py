"""Zips of more pictures than there is memory for."""

import asyncio
import io
import json
import tracemalloc
import zipfile
from collections.abc import AsyncGenerator

import pytest

from safelight.domain.access import HOME
from safelight.domain.errors import NotFound
from safelight.domain.gallery import Wanted
from safelight.domain.picture import PictureRecord
from safelight.store.blobs import MemoryBlobs
from safelight.store.gallery import Gallery
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.zips import zipped
from tests.store.making import drawn, recipe, record

pytestmark = pytest.mark.anyio
MIB = 2**20


class Large(MemoryBlobs):
    """Where every picture has a megabyte, made when it is asked for."""

    async def get(self, key: str) -> bytes:
        return bytes(MIB)


async def repeated(one: PictureRecord, times: int) -> AsyncGenerator[PictureRecord, None]:
    for _ in range(times):
        yield one


@pytest.fixture
async def kept(records: Records, pictures: Pictures) -> PictureRecord:
    generation = (await records.add(record())).id
    return await pictures.keep(generation=generation, recipe=recipe(), drawn=drawn())


async def test_memory_stays_flat(records: Records, kept: PictureRecord) -> None:
    peaks = []
    for times in (8, 64):
        tracemalloc.start()
        sent = 0
        async for piece in zipped(Pictures(records, Large()), repeated(kept, times), workspace=HOME):
            sent += len(piece)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert sent > times * MIB
    assert peaks[1] < peaks[0] + MIB < 12 * MIB


async def test_names_are_unique_and_what_is_gone_is_said_to_be(
    kept: PictureRecord, pictures: Pictures, blobs: MemoryBlobs
) -> None:
    async def chosen() -> AsyncGenerator[PictureRecord, None]:
        for name in ("a.png", "A.PNG", "recipes.json", kept.file_name):
            yield kept.model_copy(update={"file_name": name})
        for key in list(blobs._blobs):
            await blobs.delete(key)
        with pytest.raises(NotFound):
            await pictures.file(kept.id, workspace=HOME)
        yield kept

    out = io.BytesIO(b"".join([piece async for piece in zipped(pictures, chosen(), workspace=HOME)]))
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        names = ["a.png", "A (2).PNG", "recipes (2).json", kept.file_name]
        assert archive.namelist() == [*names, "recipes.json"]
        assert [document["file"] for document in json.loads(archive.read("recipes.json"))] == [*names, None]


async def test_a_reader_who_leaves_in_the_middle_leaves_nothing_open(kept: PictureRecord, pictures: Pictures) -> None:
    pieces = zipped(pictures, repeated(kept, 100), workspace=HOME)
    await anext(pieces)
    await pieces.aclose()


async def test_everything_a_search_finds_is_gone_through_page_by_page(
    gallery: Gallery, pictures: Pictures, records: Records
) -> None:
    generation = (await records.add(record())).id
    await asyncio.gather(
        *(pictures.keep(generation=generation, recipe=recipe(), drawn=drawn(picture=n)) for n in range(5))
    )
    assert len([one async for one in gallery.all(Wanted(q="dragon"), workspace=HOME)]) == 5
