"""The journal of moderation."""

import hashlib

import pytest

from safelight.domain.access import HOME
from safelight.domain.errors import InvalidRecipe
from safelight.domain.verdict import Category, Stage, Subject, Verdict
from safelight.store.journal import Journal
from safelight.store.records import Records

pytestmark = pytest.mark.anyio
FINE = Verdict(allowed=True, stage=Stage.RULES, policy="p1", reason="Nothing is wrong with it.")
REFUSED = Verdict(
    allowed=False,
    stage=Stage.CLASSIFIER,
    scores={Category.HATE: 0.9},
    refused_for=(Category.HATE,),
    policy="p2",
    reason="Refused (hate).",
)


async def test_a_verdict_comes_back_as_it_was_said(records: Records) -> None:
    journal = Journal(records)
    await journal.note(REFUSED, subject=Subject.PROMPT, seen="ein Bärtiger", generation="gen_1", workspace=HOME)
    (noted,) = (await journal.page(workspace=HOME)).items
    assert (noted.verdict, noted.subject, noted.generation) == (REFUSED, Subject.PROMPT, "gen_1")
    assert noted.digest == hashlib.sha256("ein Bärtiger".encode()).hexdigest()
    assert noted.text is None and noted.created_at.tzinfo is not None


async def test_texts_are_kept_where_that_is_wanted_and_pictures_never(records: Records) -> None:
    journal = Journal(records, keeps_text=True)
    await journal.note(FINE, subject=Subject.PROMPT, seen="a cat", workspace=HOME)
    await journal.note(FINE, subject=Subject.PICTURE, seen=b"\x89PNG", workspace=HOME)
    assert [noted.text for noted in (await journal.page(workspace=HOME)).items] == [None, "a cat"]


async def test_pages_of_one_kind_and_of_one_generation(records: Records) -> None:
    journal = Journal(records)
    for number in range(10):
        verdict = FINE if number % 2 else REFUSED
        await journal.note(
            verdict, subject=Subject.PROMPT, seen=str(number), generation=f"gen_{number % 5}", workspace=HOME
        )
    assert [noted.verdict for noted in (await journal.page(allowed=False, workspace=HOME)).items] == [REFUSED] * 5
    assert len((await journal.page(generation="gen_3", workspace=HOME)).items) == 2
    seen, cursor = [], None
    while True:
        page = await journal.page(limit=3, cursor=cursor, workspace=HOME)
        seen += [noted.id for noted in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert len(seen) == len(set(seen)) == 10
    with pytest.raises(InvalidRecipe):
        await journal.page(limit=0, workspace=HOME)
