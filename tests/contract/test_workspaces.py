"""What a workspace has is nowhere else: the same promise over every database."""

from datetime import UTC, datetime, timedelta

import pytest

from safelight.domain.access import HOME
from safelight.domain.errors import NotFound
from safelight.domain.gallery import Action, Bulk, Change, ShareWish, Wanted
from safelight.domain.verdict import Stage, Subject, Verdict
from safelight.store.gallery import Gallery
from safelight.store.journal import Journal
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.shares import Shares
from tests.store.making import drawn, png, recipe, record

pytestmark = pytest.mark.anyio

OTHER = "ws_other"


@pytest.fixture
async def here(pictures: Pictures, gallery: Gallery) -> str:
    """A picture in the server's own workspace, with everything that can be said about it."""
    kept = await pictures.take_in(png(), workspace=HOME)
    await gallery.change(kept.id, Change(tags=("owl",), folder="Best of", favourite=True), workspace=HOME)
    return kept.id


@pytest.fixture
async def there(pictures: Pictures) -> str:
    return (await pictures.take_in(png(), workspace=OTHER)).id


async def test_a_picture_is_where_its_generation_is(records: Records, pictures: Pictures, gallery: Gallery) -> None:
    generation = await records.add(record(workspace=OTHER))
    kept = await pictures.keep(generation=generation.id, recipe=recipe(), drawn=drawn())
    assert [one.id for one in (await gallery.page(workspace=OTHER)).items] == [kept.id]
    assert (await gallery.page(Wanted(q="dragon"), workspace=HOME)).items == ()
    with pytest.raises(NotFound):
        await pictures.get(kept.id, workspace=HOME)
    again = await pictures.keep(generation=generation.id, recipe=recipe(), drawn=drawn())
    assert again.id == kept.id


async def test_nothing_is_found_from_elsewhere(gallery: Gallery, here: str, there: str) -> None:
    for wanted in (Wanted(), Wanted(tag=("owl",)), Wanted(folder="Best of"), Wanted(favourite=True), Wanted(q="-x")):
        assert here in {one.id for one in (await gallery.page(wanted, workspace=HOME)).items}
        assert here not in {one.id for one in (await gallery.page(wanted, workspace=OTHER)).items}
    assert [one.id async for one in gallery.all(Wanted(), workspace=OTHER)] == [there]
    assert [one.name for one in await gallery.tags(workspace=HOME)] == ["owl"]
    assert await gallery.tags(workspace=OTHER) == await gallery.folders(workspace=OTHER) == ()
    with pytest.raises(NotFound):
        await gallery.some([there, here], workspace=OTHER)


@pytest.mark.parametrize("forever", [False, True])
async def test_nothing_is_done_from_elsewhere(
    gallery: Gallery, pictures: Pictures, here: str, there: str, forever: bool
) -> None:
    before = await pictures.get(here, workspace=HOME)
    for action in Action:
        bulk = Bulk(action=action, ids=(here, there), tags=("owl",), favourite=False, forever=forever)
        assert not (await gallery.do(bulk, workspace=OTHER))[0].done
    for attempt in (
        gallery.change(here, Change(tags=()), workspace=OTHER),
        pictures.get(here, workspace=OTHER),
        pictures.file(here, workspace=OTHER),
        pictures.thumbnail(here, workspace=OTHER),
        pictures.link(here, workspace=OTHER),
    ):
        with pytest.raises(NotFound):
            await attempt
    await gallery.discard(here, workspace=OTHER)
    await pictures.delete(here, workspace=OTHER)
    assert await pictures.get(here, workspace=HOME) == before


async def test_the_trash_of_every_workspace_is_emptied(
    pictures: Pictures, gallery: Gallery, here: str, there: str
) -> None:
    await gallery.discard(here, workspace=HOME)
    await gallery.discard(there, workspace=OTHER)
    for workspace, one in ((HOME, here), (OTHER, there)):
        assert [kept.id for kept in (await gallery.page(Wanted(trash=True), workspace=workspace)).items] == [one]
    assert await pictures.empty_trash(before=datetime.now(UTC) + timedelta(seconds=1)) == 2


async def test_a_link_is_looked_after_where_its_picture_is(
    records: Records, pictures: Pictures, here: str, there: str
) -> None:
    shares = Shares(records, pictures)
    link = await shares.make(here, ShareWish(), workspace=HOME)
    with pytest.raises(NotFound):
        await shares.make(here, ShareWish(), workspace=OTHER)
    assert await shares.listed(workspace=OTHER) == await shares.listed(here, workspace=OTHER) == ()
    await shares.revoke(link.id, workspace=OTHER)
    opened, workspace = await shares.open(link.url.rpartition("/")[2])
    assert (opened.id, opened.picture, workspace) == (link.id, here, HOME)
    await shares.revoke(link.id, workspace=HOME)
    assert await shares.listed(workspace=HOME) == ()


async def test_a_journal_is_a_workspaces_own(records: Records) -> None:
    journal = Journal(records)
    verdict = Verdict(allowed=True, stage=Stage.RULES, policy="p", reason="")
    await journal.note(verdict, subject=Subject.PROMPT, seen="a", workspace=OTHER, generation="gen_1")
    assert len((await journal.page(workspace=OTHER, generation="gen_1")).items) == 1
    assert (await journal.page(workspace=HOME, generation="gen_1", allowed=True)).items == ()
