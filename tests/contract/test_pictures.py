import asyncio
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import update

from safelight.domain.access import HOME
from safelight.domain.errors import NotFound
from safelight.domain.pixels import Pixels
from safelight.domain.progress import Drawn
from safelight.store import metadata
from safelight.store.blobs import BlobStats, DiskBlobs, MemoryBlobs
from safelight.store.gallery import Gallery
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.schema import PICTURES
from tests.store.making import drawn, recipe, record

pytestmark = pytest.mark.anyio


@pytest.fixture
async def generation(records: Records) -> str:
    return (await records.add(record())).id


async def test_a_kept_picture_is_found_everywhere(pictures: Pictures, generation: str) -> None:
    kept = await pictures.keep(generation=generation, recipe=recipe(count=3), drawn=drawn(picture=1, seed=8))
    assert await pictures.get(kept.id, workspace=HOME) == kept
    assert (kept.generation, kept.width, kept.height, kept.seed) == (generation, 64, 48, 8)
    (short,) = await pictures.of(generation)
    assert (short.id, short.url, short.seed) == (kept.id, f"/api/v1/pictures/{kept.id}/file", 8)


async def test_the_kept_recipe_draws_this_picture_alone(pictures: Pictures, generation: str) -> None:
    kept = await pictures.keep(generation=generation, recipe=recipe(count=3), drawn=drawn(picture=1, seed=8))
    assert kept.recipe == recipe(seed=8, count=1)
    file = await pictures.file(kept.id, workspace=HOME)
    assert metadata.read(file.data) == kept.recipe
    assert (file.media_type, file.width, file.height, len(file.data)) == ("image/png", 64, 48, kept.bytes)


async def test_keeping_twice_keeps_once(pictures: Pictures, blobs: MemoryBlobs, generation: str) -> None:
    answers = await asyncio.gather(
        *(pictures.keep(generation=generation, recipe=recipe(), drawn=drawn()) for _ in range(8))
    )
    assert len({answer.id for answer in answers}) == 1
    assert (await blobs.stats()).count == 2


async def test_pictures_of_a_generation_come_in_their_order(pictures: Pictures, generation: str) -> None:
    for picture in (2, 0, 1):
        await pictures.keep(generation=generation, recipe=recipe(), drawn=drawn(picture=picture, seed=picture))
    assert [one.seed for one in await pictures.of(generation)] == [0, 1, 2]
    assert await pictures.of_many([generation, "nobody"]) == {
        generation: await pictures.of(generation),
        "nobody": (),
    }


async def test_a_thumbnail_is_small_and_transparent(pictures: Pictures, generation: str) -> None:
    kept = await pictures.keep(generation=generation, recipe=recipe(), drawn=drawn(width=1024, height=512))
    small = await pictures.thumbnail(kept.id, workspace=HOME)
    assert (small.media_type, small.width, small.height) == ("image/webp", 256, 128)
    with Image.open(BytesIO(small.data)) as image:
        assert (image.size, image.mode) == ((256, 128), "RGBA")
        alpha = image.getchannel("A").tobytes()
        assert min(alpha) < 10 and max(alpha) > 245


async def test_a_small_picture_is_not_blown_up(pictures: Pictures, generation: str) -> None:
    kept = await pictures.keep(generation=generation, recipe=recipe(), drawn=drawn())
    small = await pictures.thumbnail(kept.id, workspace=HOME)
    assert (small.width, small.height) == (64, 48)


async def test_bytes_that_are_not_a_png_stay_untouched(pictures: Pictures, generation: str) -> None:
    out = BytesIO()
    Image.new("RGB", (32, 32), "red").save(out, "JPEG")
    jpeg = Drawn(picture=0, seed=1, image=Pixels(out.getvalue(), "image/jpeg", 32, 32))
    kept = await pictures.keep(generation=generation, recipe=recipe(), drawn=jpeg)
    assert (await pictures.file(kept.id, workspace=HOME)).data == out.getvalue()
    assert kept.file_name.endswith(".jpg")


async def test_deleting_removes_everything_and_may_be_repeated(
    pictures: Pictures, blobs: MemoryBlobs, generation: str
) -> None:
    kept = await pictures.keep(generation=generation, recipe=recipe(), drawn=drawn())
    await pictures.delete(kept.id, workspace=HOME)
    await pictures.delete(kept.id, workspace=HOME)
    assert await blobs.stats() == BlobStats(count=0, bytes=0)
    assert await pictures.of(generation) == ()
    for ask in (pictures.get, pictures.file, pictures.thumbnail):
        with pytest.raises(NotFound):
            await ask(kept.id, workspace=HOME)


async def test_a_picture_needs_its_generation(pictures: Pictures, blobs: MemoryBlobs) -> None:
    with pytest.raises(NotFound, match="generation"):
        await pictures.keep(generation="nobody", recipe=recipe(), drawn=drawn())
    assert (await blobs.stats()).count == 0


class Interruption(Exception):
    """The power cut of these tests."""


class CutShort(MemoryBlobs):
    """A store whose power fails at the n-th write."""

    def __init__(self, *, at: int) -> None:
        super().__init__()
        self.left = at

    async def put(self, key: str, data: bytes, media_type: str) -> None:
        self.left -= 1
        if not self.left:
            raise Interruption
        await super().put(key, data, media_type)


@pytest.mark.parametrize("at", [1, 2])
async def test_a_crash_while_keeping_shows_nothing_and_leaves_nothing(
    records: Records, generation: str, at: int
) -> None:
    blobs = CutShort(at=at)
    pictures = Pictures(records, blobs)
    with pytest.raises(Interruption):
        await pictures.keep(generation=generation, recipe=recipe(), drawn=drawn())
    assert await pictures.of(generation) == ()
    assert (await Gallery(records, pictures).page(workspace=HOME)).items == ()
    assert await Pictures(records, blobs).sweep() == 1
    assert (await blobs.stats()).count == 0
    kept = await pictures.keep(generation=generation, recipe=recipe(), drawn=drawn())
    assert (await pictures.of(generation))[0].id == kept.id


async def test_keeping_again_after_a_crash_works_without_a_sweep(records: Records, generation: str) -> None:
    blobs = CutShort(at=2)
    pictures = Pictures(records, blobs)
    with pytest.raises(Interruption):
        await pictures.keep(generation=generation, recipe=recipe(), drawn=drawn())
    await pictures.keep(generation=generation, recipe=recipe(), drawn=drawn())
    assert (await blobs.stats()).count == 2


async def test_a_deletion_that_was_cut_short_is_finished_by_the_sweep(
    pictures: Pictures, blobs: MemoryBlobs, records: Records, generation: str
) -> None:
    kept = await pictures.keep(generation=generation, recipe=recipe(), drawn=drawn())
    async with records.engine.begin() as connection:
        await connection.execute(update(PICTURES).where(PICTURES.c.id == kept.id).values(whole=False))
    with pytest.raises(NotFound):
        await pictures.get(kept.id, workspace=HOME)
    assert await pictures.sweep(older_than=timedelta(minutes=1)) == 0, "another server may be writing it"
    assert await pictures.sweep() == 1
    assert (await blobs.stats()).count == 0


async def test_on_disk_a_picture_can_be_found_by_its_name(records: Records, generation: str, tmp_path: Path) -> None:
    pictures = Pictures(records, DiskBlobs(tmp_path / "pictures"))
    wish = recipe('A red/blue "Dragon": très bien, 竜!')
    kept = await pictures.keep(generation=generation, recipe=wish, drawn=drawn(), provider="local")
    assert kept.file_name.startswith("local_a-red-blue-dragon-très-bien-竜_20")
    (found,) = (tmp_path / "pictures").glob(f"2*/{kept.file_name}")
    assert metadata.read(found.read_bytes()) == wish


async def test_names_are_unique_in_the_same_instant(
    records: Records, generation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safelight.store import pictures as module

    class Stopped(module.datetime):  # type: ignore[name-defined, misc]
        @classmethod
        def now(cls, tz: object = None) -> "Stopped":
            return cls(2026, 11, 21, 12, 30, 5, 123456, tzinfo=module.UTC)  # type: ignore[attr-defined]

    monkeypatch.setattr(module, "datetime", Stopped)
    pictures = Pictures(records, MemoryBlobs())
    kept = [await pictures.keep(generation=generation, recipe=recipe(), drawn=drawn(picture=n)) for n in range(3)]
    assert [one.file_name for one in kept] == [
        f"local_a-red-dragon_2026-11-21T12-30-05.{micro}Z.png" for micro in (123456, 123457, 123458)
    ]
