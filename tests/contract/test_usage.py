"""What a workspace used the server for comes to the same over every database."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from safelight.domain.access import HOME, ApiKey, Role, User, Workspace
from safelight.domain.events import Failed
from safelight.domain.generation import State
from safelight.domain.privacy import Preferences
from safelight.domain.spending import Account, Spent
from safelight.domain.usage import Percentiles, Usage
from safelight.domain.verdict import Category, Stage, Subject, Verdict
from safelight.domain.workspace import WorkspaceSettings
from safelight.store.journal import Journal
from safelight.store.ledger import Ledger
from safelight.store.people import People
from safelight.store.picture_rows import moment_of
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.registry import Registry
from safelight.store.schema import PICTURES, SPENDINGS, VERDICTS
from safelight.store.usage import used
from tests.store.making import drawn, png, recipe, record

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)
Live = Callable[..., Awaitable[str]]


@pytest.fixture
def live(records: Records) -> Live:
    """A generation that waited for one second and was drawn for as many as are said."""

    async def one(
        prompt: str = "a red dragon",
        *,
        at: datetime = NOON,
        drew: float = 4.0,
        state: State = State.FINISHED,
        **more: Any,
    ) -> str:
        wish = recipe(prompt, **more.pop("wish", {}))
        ended = at + timedelta(seconds=1 + drew) if state.final else None
        moments = {"created_at": at, "started_at": at + timedelta(seconds=1), "ended_at": ended}
        return (await records.add(record(recipe=wish, state=state, **{**moments, "device_s": 2.5, **more}))).id

    return one


async def usage(records: Records, **differences: Any) -> Usage:
    asked = {"workspace": HOME, "since": MIDNIGHT, "until": MIDNIGHT + 2 * DAY, "top": 5, "people": True}
    return await used(records, **{**asked, "providers": {"sprite": "local"}, **differences})


async def test_nothing_comes_to_nothing_on_every_day(records: Records) -> None:
    nothing = await usage(records, since=NOON)
    assert [day.day.isoformat() for day in nothing.days] == ["2026-11-21", "2026-11-22"]
    assert {day.generations + day.pictures + day.refused for day in nothing.days} == {0}
    assert (nothing.total.generations, nothing.bytes, nothing.models, nothing.people) == (0, 0, (), ())
    assert nothing.latency.waiting is None and nothing.moderation.allowed == 0


async def test_generations_are_counted_by_day_model_and_outcome(records: Records, live: Live) -> None:
    for state in State:
        await live(state=state)
    await live(at=NOON + DAY, wish={"model": "openai/gpt-image-1"})
    await live(at=NOON + DAY, wish={"model": "gone"})
    await live(at=MIDNIGHT - timedelta(microseconds=1))
    await live(at=MIDNIGHT + 2 * DAY)
    await live(workspace="elsewhere")
    found = await usage(records, providers={"sprite": "local", "openai/gpt-image-1": "openai"})
    assert [(day.generations, day.finished, day.failed, day.cancelled) for day in found.days] == [
        (6, 1, 1, 1),
        (2, 2, 0, 0),
    ]
    assert (found.total.generations, found.total.finished, found.total.device_seconds) == (8, 3, 20.0)
    assert [(one.model, one.provider, one.generations, one.failed) for one in found.models] == [
        ("sprite", "local", 6, 1),
        ("gone", None, 1, 0),
        ("openai/gpt-image-1", "openai", 1, 0),
    ]
    assert [(one.provider, one.generations) for one in found.providers] == [("local", 6), (None, 1), ("openai", 1)]


async def test_percentiles_are_those_of_the_nearest_rank(records: Records, live: Live) -> None:
    for number in range(1, 101):
        await live(drew=number / 10, wish={"model": "sprite" if number > 20 else "other"})
    await live(drew=500, state=State.FAILED)
    await live(state=State.QUEUED, started_at=None)
    found = await usage(records)
    assert found.latency.drawing == Percentiles(count=100, p50=5.0, p90=9.0, p95=9.5, p99=9.9, most=10.0)
    assert found.latency.whole is not None and found.latency.whole.p50 == 6.0
    assert found.latency.waiting == Percentiles(count=101, p50=1.0, p90=1.0, p95=1.0, p99=1.0, most=1.0)
    of = {one.model: one.drawing for one in found.models}
    assert of["other"] == Percentiles(count=20, p50=1.0, p90=1.8, p95=1.9, p99=2.0, most=2.0)
    assert of["sprite"] is not None and of["sprite"].count == 80


async def test_why_generations_failed(records: Records, live: Live) -> None:
    for code in ("out_of_memory", "service_failed", "out_of_memory"):
        await live(state=State.FAILED, error=Failed(code=code, detail="It did.", hint="Again.", retryable=True))
    assert [(one.code, one.generations) for one in (await usage(records)).failures] == [
        ("out_of_memory", 2),
        ("service_failed", 1),
    ]


async def test_pictures_are_counted_when_they_were_drawn_and_not_where_they_were_imported(
    records: Records, pictures: Pictures, live: Live
) -> None:
    of = await live()
    sizes = [(await pictures.keep(generation=of, recipe=recipe(), drawn=drawn(picture=n))).bytes for n in range(3)]
    await pictures.take_in(png(), workspace=HOME)
    async with records.engine.begin() as connection:
        for number, moment in enumerate((NOON, NOON + DAY, NOON + 2 * DAY)):
            values = {"created_at": moment, "moment": moment_of(moment)}
            one = (PICTURES.c.generation == of) & (PICTURES.c.picture == number)
            await connection.execute(update(PICTURES).where(one).values(values))
    found = await usage(records)
    assert [day.pictures for day in found.days] == [1, 1]
    assert (found.total.pictures, found.bytes, found.models[0].pictures) == (2, sum(sizes[:2]), 2)
    assert found.people is not None and found.people[0].pictures == 3


async def test_what_moderation_said(records: Records) -> None:
    journal = Journal(records)
    fine = Verdict(allowed=True, stage=Stage.CLASSIFIER, policy="p", reason="Fine.")
    not_fine = Verdict(
        allowed=False, stage=Stage.RULES, refused_for=(Category.HATE, Category.VIOLENCE), policy="p", reason="No."
    )
    other = not_fine.model_copy(update={"refused_for": (Category.HATE,)})
    for verdict in (fine, fine, not_fine, other):
        await journal.note(verdict, subject=Subject.PROMPT, seen="a", workspace=HOME)
    await journal.note(other, subject=Subject.PROMPT, seen="a", workspace="elsewhere")
    async with records.engine.begin() as connection:
        await connection.execute(update(VERDICTS).values(created_at=NOON))
    found = await usage(records)
    assert (found.moderation.allowed, found.moderation.refused, found.days[0].refused) == (2, 2, 2)
    assert [(one.category, one.count) for one in found.moderation.categories] == [("hate", 2), ("violence", 1)]
    assert found.moderation.stages == {"classifier": 2, "rules": 2}


async def test_money_is_counted_unless_it_was_given_back(records: Records, live: Live) -> None:
    ledger = Ledger(records)
    of = await live(wish={"model": "openai/gpt-image-1"})
    for picture, state in enumerate((Spent.PAID, Spent.UNCERTAIN, Spent.OPEN, Spent.RELEASED)):
        paid = await ledger.reserve(
            account=Account(workspace=HOME, caller="key"),
            provider="openai",
            model="openai/gpt-image-1",
            generation=of,
            picture=picture,
            usd=0.04,
        )
        await ledger.settle(paid.id, state)
    async with records.engine.begin() as connection:
        await connection.execute(update(SPENDINGS).values(created_at=NOON))
    found = await usage(records)
    assert (found.total.usd, found.days[0].usd, found.models[0].usd) == (0.12, 0.12, 0.12)
    assert {one.provider: one.usd for one in found.providers} == {None: 0.0, "openai": 0.12}
    assert found.people is not None and found.people[0].usd == 0.12


async def test_what_is_liked(records: Records, live: Live) -> None:
    for _ in range(3):
        await live("a red Dragon, with the (red:1.3) scales", wish={"styles": ["comic", "ink"]})
    for colour in ("blue", "green"):
        await live(f"an owl, {colour}", wish={"prompt_template": "an owl, __colour__", "styles": ["ink"]})
    await live("an owl")
    found = await usage(records, top=3)
    assert [(one.name, one.generations) for one in found.prompts] == [
        ("a red Dragon, with the (red:1.3) scales", 3),
        ("an owl, __colour__", 2),
        ("an owl", 1),
    ]
    assert [(one.name, one.generations) for one in found.words] == [("dragon", 3), ("owl", 3), ("red", 3)]
    assert [(one.name, one.generations) for one in found.styles] == [("ink", 5), ("comic", 3)]


async def test_who_does_not_want_to_be_counted_is_in_the_sums_and_nowhere_else(records: Records, live: Live) -> None:
    registry, people = Registry(records), People(records)
    for user in ("usr_ada", "usr_bob"):
        await registry.add_user(User(id=user, name=user[4:].title(), created_at=NOON), password="hash")
    await registry.add_key(_key("key_bob", user="usr_bob"), digest="d")
    await people.prefer("usr_bob", Preferences(analytics=False))
    for caller, prompt in (("usr_ada", "an open book"), ("usr_bob", "a secret"), ("key_bob", "another secret")):
        await live(prompt, caller=caller, wish={"styles": [caller]})
    found = await usage(records)
    assert found.total.generations == 3 and found.named
    assert [(one.caller, one.name, one.generations) for one in found.people or ()] == [("usr_ada", "Ada", 1)]
    assert [one.name for one in (*found.prompts, *found.words, *found.styles)] == [
        "an open book",
        "book",
        "open",
        "usr_ada",
    ]


async def test_a_workspace_that_is_not_counted_by_names(records: Records, live: Live) -> None:
    await Registry(records).add_workspace(Workspace(id="quiet", name="quiet", created_at=NOON))
    await People(records).change_settings("quiet", WorkspaceSettings(analytics=False))
    await live(workspace="quiet", wish={"styles": ["ink"]})
    found = await usage(records, workspace="quiet")
    assert not found.named and found.total.generations == 1
    assert (found.prompts, found.words, found.styles, found.people) == ((), (), (), ())


async def test_who_is_no_admin_learns_nothing_of_the_others(records: Records, live: Live) -> None:
    await live()
    assert (await usage(records, people=False)).people is None


def _key(name: str, *, user: str) -> ApiKey:
    return ApiKey(
        id=name,
        name=name,
        hint="sl_x",
        workspace=HOME,
        role=Role.CREATOR,
        scopes=(),
        created_at=NOON,
        expires_at=None,
        last_used_at=None,
        revoked_at=None,
        user=user,
    )
