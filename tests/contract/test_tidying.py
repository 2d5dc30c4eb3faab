"""What goes every hour, in each workspace as it wishes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, select, update

from safelight.developing.tidying import Tidying
from safelight.domain.access import HOME, Workspace
from safelight.domain.errors import NotFound
from safelight.domain.verdict import Stage, Subject, Verdict
from safelight.domain.workspace import Retention, WorkspaceSettings
from safelight.store.blobs import MemoryBlobs
from safelight.store.checkpoints import Checkpoints
from safelight.store.journal import Journal
from safelight.store.opening import Store
from safelight.store.records import Records
from safelight.store.registry import Registry
from safelight.store.schema import GENERATIONS, PICTURES, VERDICTS
from tests.store.making import drawn, recipe, record

pytestmark = pytest.mark.anyio
SPACES = (HOME, "brief", "long")
OLD = datetime.now(UTC) - timedelta(days=10)


@pytest.fixture
def store(records: Records) -> Store:
    return Store.over(records, files=MemoryBlobs(), given=MemoryBlobs())


async def lived(store: Store, workspace: str) -> None:
    """A picture, another in the trash, a generation without any, and a verdict, all ten days old."""
    for trashed in (False, True):
        of = await store.records.add(record(workspace=workspace, ended_at=OLD))
        picture = await store.pictures.keep(generation=of.id, recipe=recipe(), drawn=drawn())
        if trashed:
            await store.gallery.discard(picture.id, workspace=workspace)
    await store.records.add(record(workspace=workspace, ended_at=OLD))
    fine = Verdict(allowed=True, stage=Stage.RULES, policy="p", reason="Fine.")
    await Journal(store.records).note(fine, subject=Subject.PROMPT, seen="an owl", workspace=workspace)
    async with store.records.engine.begin() as connection:
        await connection.execute(update(PICTURES).values(created_at=OLD))
        await connection.execute(update(PICTURES).where(PICTURES.c.deleted_at.is_not(None)).values(deleted_at=OLD))
        await connection.execute(update(VERDICTS).values(created_at=OLD))


async def left(store: Store, table: Table) -> dict[str, int]:
    query = select(table.c.workspace, func.count()).group_by(table.c.workspace)
    async with store.records.engine.connect() as connection:
        rows: Any = (await connection.execute(query)).all()
    return dict(rows)


async def test_every_workspace_keeps_things_as_long_as_it_wishes(store: Store) -> None:
    registry = Registry(store.records)
    for workspace in SPACES[1:]:
        await registry.add_workspace(Workspace(id=workspace, name=workspace, created_at=OLD))
    for workspace in SPACES:
        await lived(store, workspace)
    brief = Retention(pictures=5, trash=5, generations=5, verdicts=5)
    await store.people.change_settings("brief", WorkspaceSettings(retention=brief))
    await store.people.change_settings("long", WorkspaceSettings(retention=Retention(trash=20, generations=20)))
    tidying = Tidying(
        store=store,
        checkpoints=Checkpoints(store.records),
        trash_days=7,
        generation_days=7,
        delivery_days=7,
    )
    await tidying.once()
    assert await left(store, PICTURES) == {HOME: 1, "long": 2}
    # A generation whose last picture has gone goes with it.
    assert await left(store, GENERATIONS) == {HOME: 1, "long": 3}
    assert await left(store, VERDICTS) == {HOME: 1, "long": 1}
    assert (await store.files.stats()).count == 2 * 3


async def test_settings_of_no_workspace_are_kept_nowhere(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.people.change_settings("none", WorkspaceSettings())
    assert await store.people.all_settings() == {}
