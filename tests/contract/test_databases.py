"""What every database comes to, whoever made it."""

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from safelight.domain.access import HOME
from safelight.domain.errors import Misconfigured
from safelight.domain.gallery import Wanted
from safelight.domain.generation import State
from safelight.domain.verdict import Stage, Subject, Verdict
from safelight.store.database import MIGRATIONS
from safelight.store.gallery import Gallery
from safelight.store.journal import Journal
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.schema import METADATA
from tests.store.making import drawn, png, recipe, record

pytestmark = pytest.mark.anyio


def made_from_metadata(_: object, name: str | None, *__: object) -> bool:
    # The index of the full text is made by hand, and SQLite's consists of tables.
    return not (name or "").startswith("picture_words")


def differences(connection: Connection) -> object:
    context = MigrationContext.configure(connection, opts={"include_object": made_from_metadata})
    return compare_metadata(context, METADATA)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def migrate(engine: AsyncEngine, revision: str) -> None:
    def there(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        (command.upgrade if revision == "head" else command.downgrade)(config, revision)

    async with engine.begin() as connection:
        await connection.run_sync(there)


async def test_migrations_build_exactly_the_schema(records: Records) -> None:
    async with records.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrations_go_down_and_up_again_and_keep_what_there_was(records: Records, pictures: Pictures) -> None:
    kept = await records.add(record(state=State.FINISHED))
    await pictures.keep(generation=kept.id, recipe=kept.recipe, drawn=drawn())
    await migrate(records.engine, "0001")
    await migrate(records.engine, "head")
    again = await records.get(kept.id, workspace=HOME)
    assert again is not None and again.recipe == kept.recipe
    assert len(await pictures.of(kept.id)) == 1


async def test_pictures_of_earlier_versions_are_found_too(
    records: Records, pictures: Pictures, gallery: Gallery
) -> None:
    generation = (await records.add(record(state=State.FINISHED))).id
    for picture, prompt in enumerate(("a red dragon", "a blue owl")):
        await pictures.keep(generation=generation, recipe=recipe(prompt), drawn=drawn(picture=picture))
    imported = await pictures.take_in(png(), workspace=HOME)
    await migrate(records.engine, "0002")
    async with records.engine.begin() as connection:
        await connection.execute(text("UPDATE pictures SET created_at = '2026-11-21 12:00:00.000007+00:00'"))
    await migrate(records.engine, "head")
    (found,) = (await gallery.page(Wanted(q="owl", model="sprite"), workspace=HOME)).items
    assert (found.origin, found.notes, found.favourite, found.recipe) == ("drawn", (), False, recipe("a blue owl"))
    # Two of one instant are still two, in an order of their own.
    first = await gallery.page(limit=1, workspace=HOME)
    second = await gallery.page(limit=1, cursor=first.next_cursor, workspace=HOME)
    assert first.items != second.items and second.next_cursor is None
    # What belongs to no generation was not known then.
    assert imported.id not in {one.id for one in (await gallery.page(workspace=HOME)).items}


async def test_what_was_there_before_is_the_servers_own_workspaces(
    records: Records, pictures: Pictures, gallery: Gallery
) -> None:
    made = await records.add(record(idempotency_key="k"))
    picture = await pictures.keep(generation=made.id, recipe=recipe(), drawn=drawn())
    verdict = Verdict(allowed=True, stage=Stage.RULES, policy="p", reason="")
    await Journal(records).note(verdict, subject=Subject.PROMPT, seen="a", workspace="ws_gone")
    await migrate(records.engine, "0004")
    async with records.engine.begin() as connection:
        await connection.execute(text("UPDATE generations SET idempotency_key = 'old'"))
    await migrate(records.engine, "head")
    again = await records.by_key("old", workspace=HOME)
    assert again is not None and (again.id, again.workspace, again.caller) == (made.id, HOME, "local")
    assert [one.id for one in (await gallery.page(workspace=HOME)).items] == [picture.id]
    assert len((await Journal(records).page(workspace=HOME)).items) == 1


async def test_migrations_go_down_to_nothing(records: Records) -> None:
    await migrate(records.engine, "base")
    async with records.engine.connect() as connection:
        assert await connection.run_sync(tables) == {"alembic_version"}
    await migrate(records.engine, "head")
    async with records.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_database_of_a_newer_safelight_is_left_alone(records: Records, database: str) -> None:
    async with records.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Misconfigured, match="newer Safelight"):
        await Records.open(database)


async def test_no_error_tells_what_a_statement_was_given(records: Records) -> None:
    kept = await records.add(record(idempotency_key="private"))
    with pytest.raises(IntegrityError) as caught:
        await records.add(record(id=kept.id, idempotency_key="more than private"))
    assert "more than private" not in str(caught.value)


async def test_many_at_once_are_served(records: Records) -> None:
    added = await asyncio.gather(*(records.add(record(minute=minute)) for minute in range(40)))
    assert {one.id for one in (await records.page(workspace=HOME)).items} == {one.id for one in added}
