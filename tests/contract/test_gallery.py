"""The gallery finds the same over every database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from safelight.domain.access import HOME
from safelight.domain.errors import InvalidRecipe, NotFound
from safelight.domain.gallery import Action, Bulk, Change, Wanted
from safelight.domain.picture import PictureRecord
from safelight.domain.recipe import Sampler
from safelight.store import dialects
from safelight.store.blobs import BlobStats, MemoryBlobs
from safelight.store.gallery import Gallery
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.schema import GENERATIONS, PICTURE_TAGS, PICTURES
from safelight.store.words import of_prompts
from tests.store.making import drawn, recipe, record

pytestmark = pytest.mark.anyio
Keep = Callable[..., Awaitable[PictureRecord]]

PROMPTS = {
    "red": recipe("a red dragon breathing fire", negative_prompt="blurry"),
    "blue": recipe("A BLUE Dragon, sci-fi; (armour:1.3)", negative_prompt="cat"),
    "cat": recipe("a cat on a red sofa"),
    "cafe": recipe("Café façade at night, ﬁne détail"),
    "han": recipe("赤い竜の絵"),
    "hangul": recipe("빨간 고양이가 있다"),
    "russian": recipe("Ёлка и снег"),
    "adlam": recipe("𞤀𞤣𞤤𞤢𞤥, a script younger than some databases"),
}


@pytest.fixture
async def keep(records: Records, pictures: Pictures) -> Keep:
    generation = (await records.add(record())).id
    count = 0

    async def one(*arguments: Any, **changes: Any) -> PictureRecord:
        nonlocal count
        count += 1
        wish = recipe(*arguments, **changes) if not arguments or isinstance(arguments[0], str) else arguments[0]
        return await pictures.keep(generation=generation, recipe=wish, drawn=drawn(picture=count, seed=wish.seed or 0))

    return one


@pytest.fixture
async def named(keep: Keep) -> dict[str, str]:
    """The pictures of `PROMPTS`: their names by their ids."""
    return {(await keep(wish)).id: name for name, wish in PROMPTS.items()}


SEARCHES = [
    ("dragon", "red blue"),
    ("DRAGÓN red", "red"),
    ("red", "red cat"),
    ('"red dragon"', "red"),
    ('"dragon red"', ""),
    ('"dragon breathing fire"', "red"),
    ("drag*", "red blue"),
    ("drag", ""),
    ("red -cat", "red"),
    ("red -dragon -cat", ""),
    ("𞤢𞤣𞤤𞤢𞤥", "adlam"),
    ("-dragon -red", "cafe han hangul russian adlam"),
    ('red -"red sofa"', "red"),
    ("sci-fi", "blue"),
    ("scifi", ""),
    ("blurry", "red"),
    # Where the prompt ends and the negative prompt begins, there is no phrase.
    ('"fire blurry"', ""),
    ("cafe facade", "cafe"),
    ("fine", "cafe"),
    ("竜", "han"),
    ("赤い竜", "han"),
    ("竜赤", ""),
    ("고양*", "hangul"),
    ("елка СНЕГ", "russian"),
    ('"red drag*', ""),
    ('"red drag"*', "red"),
    ("armour 1.3", "blue"),
]
MARKS = ["", " ", '"', '""', "-", "*", '-"', '"*', "-*", "\\", "& | ! <-> :*", "^", "\0", "🐉", "%", "_", "-- -"]
NOT_A_LANGUAGE = ["AND OR NOT", "NEAR(red b)", "words:cat", "' OR 1=1 --", "red' OR", "a'b", "x" * 500]


async def test_words_are_found(gallery: Gallery, named: dict[str, str]) -> None:
    for text, expected in SEARCHES:
        found = {named[one.id] for one in (await gallery.page(Wanted(q=text), workspace=HOME)).items}
        assert found == set(expected.split()), text


async def test_nothing_that_is_typed_is_wrong(gallery: Gallery, named: dict[str, str]) -> None:
    for text in MARKS:
        assert len((await gallery.page(Wanted(q=text), workspace=HOME)).items) == len(named), text
    for text in NOT_A_LANGUAGE:
        assert (await gallery.page(Wanted(q=text), workspace=HOME)).items == (), text


async def test_deleted_pictures_are_no_longer_found_and_new_ones_are(
    gallery: Gallery, pictures: Pictures, keep: Keep
) -> None:
    kept = await keep("a violet heron")
    await pictures.delete(kept.id, workspace=HOME)
    assert (await gallery.page(Wanted(q="heron"), workspace=HOME)).items == ()
    again = await keep("a grey heron")
    assert [one.id for one in (await gallery.page(Wanted(q="heron"), workspace=HOME)).items] == [again.id]


async def test_filters(gallery: Gallery, keep: Keep) -> None:
    first = await keep(model="dream", seed=11)
    second = await keep(sampler=Sampler.EULER, seed=12)
    third = await keep("other")
    everything = {first.id, second.id, third.id}

    async def found(**wanted: Any) -> set[str]:
        return {one.id for one in (await gallery.page(Wanted.model_validate(wanted), workspace=HOME)).items}

    assert await found(model="dream") == {first.id}
    assert await found(sampler="euler") == {second.id}
    assert await found(seed=12) == {second.id}
    assert await found(width=64, height=48) == everything
    assert await found(width=65) == set()
    assert await found(generation=first.generation) == everything
    assert await found(generation="nobody") == set()
    assert await found(origin="drawn") == everything
    assert await found(origin="comfyui") == set()
    assert await found(**{"from": second.created_at}) == {second.id, third.id}
    assert await found(to=second.created_at) == {first.id}
    assert await found(**{"from": datetime(1, 1, 1), "to": datetime(9999, 12, 31)}) == everything  # noqa: DTZ001
    await gallery.change(first.id, Change(favourite=True, folder="Best of", tags=("a", "b")), workspace=HOME)
    await gallery.change(second.id, Change(tags=("b",)), workspace=HOME)
    assert await found(favourite=True) == {first.id}
    assert await found(favourite=False) == {second.id, third.id}
    assert await found(folder="Best of") == {first.id}
    assert await found(folder="") == {second.id, third.id}
    assert await found(tag=("a", "b")) == {first.id}
    assert await found(tag=("A", "b"), tags="any") == {first.id, second.id}
    assert await found(tag=("nobody",), tags="any") == set()
    assert await found(q="dragon", tag=("b",), seed=12) == {second.id}


async def test_pages_show_everything_once_in_both_orders_even_while_new_ones_arrive(
    gallery: Gallery, keep: Keep
) -> None:
    kept = [(await keep()).id for _ in range(7)]
    for sort, expected in (("newest", kept[::-1]), ("oldest", kept)):
        seen: list[str] = []
        cursor = None
        while True:
            page = await gallery.page(
                Wanted.model_validate({"sort": sort, "q": "dragon"}), limit=3, cursor=cursor, workspace=HOME
            )
            seen += [one.id for one in page.items]
            if sort == "newest":
                await keep()
            if (cursor := page.next_cursor) is None:
                break
        assert seen[:7] == expected
        assert len(set(seen)) == len(seen)
    with pytest.raises(InvalidRecipe):
        await gallery.page(cursor="junk", workspace=HOME)
    with pytest.raises(InvalidRecipe):
        await gallery.page(limit=201, workspace=HOME)


@pytest.mark.parametrize("sort", ["newest", "oldest"])
@pytest.mark.parametrize("near", [1, 3, 5000])
async def test_pages_of_a_word_are_whole_however_far_its_pictures_lie_apart(
    near: int, sort: str, gallery: Gallery, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialects, "NEAR", near)
    made = [await keep(f"a {'cat' if number % 3 else 'dog'} number{number}", seed=number % 2) for number in range(20)]
    for query, wanted in (
        ({"q": "cat"}, [one for number, one in enumerate(made) if number % 3]),
        ({"q": "cat -number4", "seed": 1}, [one for number, one in enumerate(made) if number % 3 and number % 2]),
    ):
        found, cursor = [], None
        while True:
            page = await gallery.page(Wanted(**query, sort=sort), workspace=HOME, limit=2, cursor=cursor)
            found += [item.id for item in page.items]
            if (cursor := page.next_cursor) is None:
                break
        order = reversed(wanted) if sort == "newest" else wanted
        assert found == [one.id for one in order]


async def test_a_change_changes_what_it_names(gallery: Gallery, keep: Keep) -> None:
    kept = await keep()
    changed = await gallery.change(kept.id, Change(tags=("Cat ", "red  fur", "cat"), folder="Pets"), workspace=HOME)
    assert (changed.tags, changed.folder, changed.favourite) == (("cat", "red fur"), "Pets", False)
    changed = await gallery.change(kept.id, Change(favourite=True), workspace=HOME)
    assert (changed.tags, changed.folder, changed.favourite) == (("cat", "red fur"), "Pets", True)
    changed = await gallery.change(kept.id, Change.model_validate({"folder": None, "tags": []}), workspace=HOME)
    assert (changed.tags, changed.folder, changed.favourite) == ((), None, True)
    with pytest.raises(NotFound):
        await gallery.change("pic_nobody", Change(favourite=True), workspace=HOME)


async def test_tags_and_folders_are_counted(gallery: Gallery, keep: Keep) -> None:
    kept = [await keep() for _ in range(3)]
    for one, tags in zip(kept, (("a", "b"), ("b",), ("b", "c")), strict=True):
        await gallery.change(one.id, Change(tags=tags, folder=f"folder {tags[-1]}"), workspace=HOME)
    await gallery.discard(kept[2].id, workspace=HOME)
    assert [(one.name, one.pictures) for one in await gallery.tags(workspace=HOME)] == [("b", 2), ("a", 1)]
    assert [(one.name, one.pictures) for one in await gallery.folders(workspace=HOME)] == [("folder b", 2)]


async def do(gallery: Gallery, action: Action, *ids: str, **more: Any) -> list[bool]:
    bulk = Bulk.model_validate({"action": action, "ids": ids, **more})
    return [one.done for one in await gallery.do(bulk, workspace=HOME)]


async def test_bulk_actions_say_what_became_of_each(gallery: Gallery, keep: Keep) -> None:
    one, other = (await keep()).id, (await keep()).id
    nobody = f"pic_{'0' * 24}"
    assert await do(gallery, Action.TAG, one, nobody, other, one, tags=["x", "y"]) == [True, False, True]
    assert await do(gallery, Action.TAG, one, tags=["y", "z"]) == [True]
    assert await do(gallery, Action.UNTAG, other, tags=["x", "nothing"]) == [True]
    assert await do(gallery, Action.FAVOURITE, one) == [True]
    assert await do(gallery, Action.MOVE, one, other, folder="here") == [True, True]
    first, second = await gallery.some([one, other], workspace=HOME)
    assert (first.tags, first.favourite, first.folder) == (("x", "y", "z"), True, "here")
    assert (second.tags, second.favourite, second.folder) == (("y",), False, "here")
    assert await do(gallery, Action.FAVOURITE, one, favourite=False) == [True]
    assert await do(gallery, Action.MOVE, one) == [True]
    assert (await gallery.some([one], workspace=HOME))[0].folder is None
    with pytest.raises(NotFound):
        await gallery.some([one, nobody], workspace=HOME)


async def test_a_thousand_at_once(gallery: Gallery, keep: Keep) -> None:
    kept = (await keep()).id
    ids = [kept, *(f"pic_{number:024x}" for number in range(999))]
    assert await do(gallery, Action.TAG, *ids, tags=["x"]) == [True] + [False] * 999


async def test_many_hands_at_once_do_no_harm(gallery: Gallery, pictures: Pictures, keep: Keep) -> None:
    ids = [(await keep()).id for _ in range(6)]
    tagged = [do(gallery, Action.TAG, *order, tags=["x", f"{n}"]) for n, order in enumerate((ids, ids[::-1]) * 6)]
    moved = [do(gallery, Action.MOVE, *ids, folder=f"{n}") for n in range(6)]
    gone = [pictures.delete(one, workspace=HOME) for one in ids[:3]]
    results = await asyncio.gather(*tagged, *moved, *gone, return_exceptions=True)
    assert not [result for result in results if isinstance(result, BaseException)]
    assert {one.id for one in (await gallery.page(Wanted(tag=("x", "11")), workspace=HOME)).items} == set(ids[3:])


async def test_the_trash_keeps_pictures_until_they_are_restored_or_it_is_emptied(
    gallery: Gallery, pictures: Pictures, keep: Keep, blobs: MemoryBlobs
) -> None:
    kept, other = await keep(), await keep()
    await gallery.discard(kept.id, workspace=HOME)
    await gallery.discard("pic_nobody", workspace=HOME)
    assert [one.id for one in (await gallery.page(workspace=HOME)).items] == [other.id]
    (trashed,) = (await gallery.page(Wanted(trash=True, q="dragon"), workspace=HOME)).items
    assert trashed.id == kept.id and trashed.deleted_at is not None
    assert [one.id for one in await pictures.of(str(kept.generation))] == [other.id]
    assert (await pictures.thumbnail(kept.id, workspace=HOME)).data
    # Again: it keeps the day on which it was put there.
    await gallery.discard(kept.id, workspace=HOME)
    assert (await pictures.get(kept.id, workspace=HOME)).deleted_at == trashed.deleted_at
    assert await do(gallery, Action.RESTORE, kept.id) == [True]
    assert (await pictures.get(kept.id, workspace=HOME)) == kept
    assert await do(gallery, Action.DELETE, kept.id) == [True]
    assert await pictures.empty_trash(before=datetime.now(UTC) - timedelta(days=1)) == 0
    assert await pictures.empty_trash(before=datetime.now(UTC)) == 1
    assert (await blobs.stats()).count == 2
    assert await do(gallery, Action.DELETE, other.id, forever=True) == [True]
    assert await blobs.stats() == BlobStats(count=0, bytes=0)
    with pytest.raises(NotFound):
        await pictures.get(other.id, workspace=HOME)


async def test_a_trashed_picture_is_not_drawn_again(gallery: Gallery, pictures: Pictures, keep: Keep) -> None:
    """A crash in between must not bring back what was put into the trash."""
    kept = await keep()
    await gallery.discard(kept.id, workspace=HOME)
    assert await pictures.drawn(str(kept.generation)) == {1}


async def test_deleting_a_generation_takes_its_words_and_tags_along(
    gallery: Gallery, records: Records, keep: Keep
) -> None:
    kept = await keep("a violet heron")
    await gallery.change(kept.id, Change(tags=("bird",)), workspace=HOME)
    async with records.engine.begin() as connection:
        await connection.execute(delete(GENERATIONS))
        assert (await connection.execute(select(func.count()).select_from(PICTURE_TAGS))).scalar() == 0
    assert (await gallery.page(Wanted(q="heron"), workspace=HOME)).items == ()


async def test_words_come_back_as_they_went_in(records: Records, keep: Keep) -> None:
    """A backup is read from one database and written into another one."""
    await keep("a red dragon, a red cat: 竜", negative_prompt="blurry")
    async with records.engine.connect() as connection:
        (words,) = (await connection.execute(select(PICTURES.c.words))).scalars()
    assert words == of_prompts("a red dragon, a red cat: 竜", "blurry")
