"""Share links over every database."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

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
    picture = (await pictures.take_in(png())).id
    link = await shares.make(picture, ShareWish(expires_in=60))
    opened = await shares.open(token(link))
    assert (opened.picture, opened.expires_at) == (picture, link.created_at + timedelta(seconds=60))
    assert await shares.listed() == await shares.listed(picture) == (opened,)
    assert await shares.listed("pic_nobody") == ()
    for wrong in ("", link.id, picture, token(link)[:-1], token(link).swapcase()):
        with pytest.raises(NotFound):
            await shares.open(wrong)
    with pytest.raises(NotFound):
        await shares.make("pic_nobody", ShareWish())


async def test_a_link_expires_and_is_swept_away(shares: Shares, pictures: Pictures, records: Records) -> None:
    picture = (await pictures.take_in(png())).id
    short, lasting = await shares.make(picture, ShareWish()), await shares.make(picture, ShareWish(expires_in=None))
    assert await shares.sweep() == 0
    past = update(SHARES).where(SHARES.c.id == short.id).values(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    async with records.engine.begin() as connection:
        await connection.execute(past)
    with pytest.raises(NotFound):
        await shares.open(token(short))
    assert [link.id for link in await shares.listed()] == [lasting.id]
    assert await shares.sweep() == 1


async def test_a_link_shows_nothing_while_its_picture_is_in_the_trash(
    shares: Shares, pictures: Pictures, gallery: Gallery
) -> None:
    picture = (await pictures.take_in(png())).id
    link = await shares.make(picture, ShareWish())
    await gallery.discard(picture)
    with pytest.raises(NotFound):
        await shares.open(token(link))
    await pictures.delete(picture)
    assert await shares.listed() == ()
