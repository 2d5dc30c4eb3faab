"""Share links over every database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from safelight.domain.access import HOME
from safelight.domain.errors import NotFound
from safelight.domain.gallery import NewShareLink, ShareWish
from safelight.store.gallery import Gallery
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.schema import SHARES
from safelight.store.shares import Shares
from tests.store.making import png

pytestmark = pytest.mark.anyio


@pytest.fixture
def shares(records: Records, pictures: Pictures) -> Shares:
    return Shares(records, pictures)


def token(link: NewShareLink) -> str:
    return link.url.rpartition("/")[2]


async def test_a_link_is_opened_by_its_token_alone(shares: Shares, pictures: Pictures) -> None:
    picture = (await pictures.take_in(png(), workspace=HOME)).id
    link = await shares.make(picture, ShareWish(expires_in=60), workspace=HOME)
    opened, workspace = await shares.open(token(link))
    assert workspace == HOME
    assert (opened.picture, opened.expires_at) == (picture, link.created_at + timedelta(seconds=60))
    assert await shares.listed(workspace=HOME) == await shares.listed(picture, workspace=HOME) == (opened,)
    assert await shares.listed("pic_nobody", workspace=HOME) == ()
    for wrong in ("", link.id, picture, token(link)[:-1], token(link).swapcase()):
        with pytest.raises(NotFound):
            await shares.open(wrong)
    with pytest.raises(NotFound):
        await shares.make("pic_nobody", ShareWish(), workspace=HOME)


async def test_a_link_expires_and_is_swept_away(shares: Shares, pictures: Pictures, records: Records) -> None:
    picture = (await pictures.take_in(png(), workspace=HOME)).id
    short, lasting = (
        await shares.make(picture, ShareWish(), workspace=HOME),
        await shares.make(picture, ShareWish(expires_in=None), workspace=HOME),
    )
    assert await shares.sweep() == 0
    past = update(SHARES).where(SHARES.c.id == short.id).values(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    async with records.engine.begin() as connection:
        await connection.execute(past)
    with pytest.raises(NotFound):
        await shares.open(token(short))
    assert [link.id for link in await shares.listed(workspace=HOME)] == [lasting.id]
    assert await shares.sweep() == 1


async def test_a_link_shows_nothing_while_its_picture_is_in_the_trash(
    shares: Shares, pictures: Pictures, gallery: Gallery
) -> None:
    picture = (await pictures.take_in(png(), workspace=HOME)).id
    link = await shares.make(picture, ShareWish(), workspace=HOME)
    await gallery.discard(picture, workspace=HOME)
    with pytest.raises(NotFound):
        await shares.open(token(link))
    await pictures.delete(picture, workspace=HOME)
    assert await shares.listed(workspace=HOME) == ()
