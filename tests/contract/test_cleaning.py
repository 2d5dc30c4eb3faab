"""What does not belong together is found and tidied up, wherever it lies."""

from datetime import timedelta
from pathlib import Path

import pytest

from safelight.domain.access import HOME
from safelight.domain.errors import NotFound, Refused
from safelight.store.blobs import DiskBlobs
from safelight.store.cleaning import Untidy, look, tidy
from safelight.store.counting import counted
from safelight.store.opening import Store
from safelight.store.records import Records
from safelight.store.s3 import S3Blobs
from tests.store.making import kept, png

pytestmark = pytest.mark.anyio
TIDY = Untidy(files=(), given=(), pictures=(), thumbnails=(), inputs=())


@pytest.fixture(params=["disk", "s3"])
def store(request: pytest.FixtureRequest, records: Records, tmp_path: Path) -> Store:
    if request.param == "disk":
        return Store.over(records, files=DiskBlobs(tmp_path / "pictures"), given=DiskBlobs(tmp_path / "inputs"))
    bucket = request.getfixturevalue("bucket_server").bucket()
    return Store.over(records, files=S3Blobs(bucket, "pictures"), given=S3Blobs(bucket, "inputs"))


async def test_what_belongs_together_is_left_alone(store: Store) -> None:
    picture, image = await kept(store), await store.inputs.keep(png(), workspace=HOME)
    assert await look(store, young=timedelta()) == TIDY
    assert (await store.pictures.file(picture, workspace=HOME)).data and (
        await store.inputs.get(image.id, workspace=HOME)
    )[1]


async def test_a_file_without_a_row_goes_when_it_is_old_enough(store: Store) -> None:
    picture = await kept(store)
    await store.files.put("2026-11/nobody.png", b"1234", "image/png")
    await store.given.put("img_nobody", b"12", "image/png")
    assert await look(store) == TIDY
    untidy = await look(store, young=timedelta())
    assert [(blob.key, blob.bytes) for blob in untidy.files + untidy.given] == [
        ("2026-11/nobody.png", 4),
        ("img_nobody", 2),
    ]
    await tidy(store, untidy)
    assert await look(store, young=timedelta()) == TIDY
    assert (await store.files.stats()).count == 2 and (await store.pictures.file(picture, workspace=HOME)).data


async def test_a_row_without_its_file_goes_and_a_thumbnail_is_made_again(store: Store) -> None:
    lost, bare, sound = [await kept(store) for _ in range(3)]
    image = await store.inputs.keep(png(), workspace=HOME)
    small = await store.pictures.thumbnail(bare, workspace=HOME)
    names = {picture: (await store.pictures.get(picture, workspace=HOME)).file_name for picture in (lost, bare)}
    async for blob in store.files.listed():
        if blob.key.endswith(names[lost]) or names[bare].removesuffix(".png") + ".webp" in blob.key:
            await store.files.delete(blob.key)
    await store.given.delete(image.id)
    untidy = await look(store)
    assert (untidy.pictures, untidy.thumbnails, untidy.inputs) == ((lost,), (bare,), (image.id,))
    await tidy(store, untidy)
    assert await look(store) == TIDY
    assert {picture.id for picture in (await store.gallery.page(workspace=HOME)).items} == {bare, sound}
    assert await store.pictures.thumbnail(bare, workspace=HOME) == small
    with pytest.raises(NotFound):
        await store.inputs.get(image.id, workspace=HOME)
    assert (await store.inputs.keep(png(), workspace=HOME)).id == image.id


async def test_the_wrong_place_is_not_tidied_up(store: Store) -> None:
    await store.files.put("2026-11/somebody-else.png", b"1234", "image/png")
    with pytest.raises(Refused, match="None of the 1 files") as caught:
        await look(store)
    assert "right home" in caught.value.hint
    await kept(store)
    assert await look(store) == TIDY
    async for blob in store.files.listed():
        await store.files.delete(blob.key)
    with pytest.raises(Refused, match="None of the 0 files"):
        await look(store)


async def test_everything_is_counted(store: Store, tmp_path: Path) -> None:
    nothing = await counted(store.records, home=tmp_path)
    assert nothing.pictures.count == nothing.inputs.bytes == 0 and nothing.by_month == ()
    for _ in range(2):
        await kept(store)
    image = await store.inputs.keep(png(), workspace=HOME)
    found = await counted(store.records, home=tmp_path)
    pictures = (await store.gallery.page(workspace=HOME)).items
    assert found.pictures.count == 2 and found.pictures.bytes == sum(picture.bytes for picture in pictures)
    (month,) = found.by_month
    assert month.model_dump() == {"month": f"{pictures[0].created_at:%Y-%m}", "count": 2, "bytes": month.bytes}
    assert found.inputs.model_dump() == {"count": 1, "bytes": image.bytes}
    assert found.checkpoints.count == 0 and found.database_bytes > 0 and found.disk_free_bytes > 0
