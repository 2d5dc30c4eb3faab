"""A backup holds everything, and brings it back into whatever database and wherever the files lie."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Column, Integer, MetaData, Table, select, text

from safelight.admission.office import COMMAND_LINE, Clerk, Office
from safelight.domain.access import HOME, LOCAL, Role
from safelight.domain.batch import Axis, BatchWish
from safelight.domain.events import Failed
from safelight.domain.gallery import Change, ShareWish, Wanted
from safelight.domain.generation import BranchOf, Priority, State
from safelight.domain.order import Saved
from safelight.domain.privacy import Preferences
from safelight.domain.recipe import Recipe
from safelight.domain.spending import Account, Spent
from safelight.domain.verdict import Category, Stage, Subject, Verdict
from safelight.domain.webhook import Webhook, WebhookEvent
from safelight.domain.workspace import Retention, Stricter, WorkspaceSettings
from safelight.store import restoring
from safelight.store.audit import Audit
from safelight.store.backup import back_up, plain
from safelight.store.batches import BatchRecord
from safelight.store.blobs import Blobs, DiskBlobs, MemoryBlobs
from safelight.store.checkpoints import Checkpoints
from safelight.store.database import connect
from safelight.store.finish import Finish
from safelight.store.journal import Journal
from safelight.store.ledger import Ledger
from safelight.store.opening import Store
from safelight.store.pictures import Pictures
from safelight.store.records import Records
from safelight.store.registry import Registry, Session
from safelight.store.restoring import restore
from safelight.store.s3 import S3Blobs
from safelight.store.schema import ERASURES, IDENTITIES, METADATA, SIGN_INS, USERS
from safelight.store.vault import SealedVault
from tests import postgresql
from tests.store.making import NOON, drawn, kept, png, recipe, record

pytestmark = pytest.mark.anyio


@pytest.fixture
def store(records: Records, tmp_path: Path) -> Store:
    return Store.over(records, files=DiskBlobs(tmp_path / "pictures"), given=DiskBlobs(tmp_path / "inputs"))


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that nobody has used yet."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'elsewhere.db'}"
        return
    with postgresql.made() as url:
        yield url


@pytest.fixture
async def empty(elsewhere: str, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    records = Records(await connect(elsewhere))
    if elsewhere.startswith("sqlite"):
        yield Store.over(records, files=MemoryBlobs(), given=MemoryBlobs())
    else:
        bucket = request.getfixturevalue("bucket_server").bucket()
        yield Store.over(records, files=S3Blobs(bucket, "pictures"), given=S3Blobs(bucket, "inputs"))
    await records.close()


async def rows(store: Store) -> dict[str, list[str]]:
    """Every row of every table, in an order of their own."""
    found = {}
    async with store.records.engine.connect() as connection:
        for table in METADATA.sorted_tables:
            mappings: Any = (await connection.execute(select(table))).mappings().all()
            found[table.name] = sorted(json.dumps({n: plain(v) for n, v in row.items()}) for row in mappings)
    return found


async def files(blobs: Blobs) -> dict[str, bytes]:
    return {blob.key: await blobs.get(blob.key) async for blob in blobs.listed()}


async def filled(store: Store) -> None:
    """Something of every kind, with every field used."""
    image = await store.inputs.keep(png(), workspace=HOME, caller="local")
    wish = Recipe.model_validate({"prompt": "花 🌸\n\"'%\\", "seed": 2**31, "image": {"image": image.id}})
    failed = Failed(code="out_of_memory", detail="Too big.", hint="Draw smaller.", retryable=True)
    held: dict[str, Any] = {"owner": "srv", "attempt": 2, "priority": Priority.HIGH, "place": 1.5, "cancel_asked": True}
    running = await store.records.add(
        record(recipe=wish, state=State.RUNNING, idempotency_key="k", step=3, **held), lease_s=60
    )
    await store.records.add(
        record(state=State.FAILED, error=failed, branch_of=BranchOf(generation=running.id, picture=0, step=2))
    )
    hook = Webhook(url="https://example.com/", events=tuple(WebhookEvent))
    grid = BatchWish(recipe=wish, axes=(Axis(field="prompt", search="花", values=("花", "梟")),))
    batch = BatchRecord.accepted(grid, access=LOCAL, idempotency_key="b", webhooks=(hook,))
    await store.batches.add(batch, [(("花",), wish), (("梟",), wish)])
    await store.batches.refuse(batch.id, 1, failed)
    await store.records.add(record(state=State.FINISHED, ended_at=NOON, batch=batch.id, cell=0, webhooks=(hook,)))
    await store.deliveries.collect()
    await Checkpoints(store.records).keep(running.id, {0: Saved(3, bytes(range(256)))})
    for _ in range(3):
        await kept(store)
    imported = await store.pictures.take_in(png(), workspace=HOME, caller="local")
    await store.gallery.change(
        imported.id, Change(tags=("owl", "梟"), favourite=True, folder="Best of"), workspace=HOME
    )
    await store.shares.make(imported.id, ShareWish(include_recipe=True), workspace=HOME, caller="local")
    await store.gallery.discard(imported.id, workspace=HOME)
    marking = Pictures(store.records, store.files, Finish(invisible=True))
    await marking.keep(generation=running.id, recipe=recipe(), drawn=drawn(width=128, height=128))
    refused = Verdict(allowed=False, stage=Stage.RULES, policy="p", reason="Ümläute.", scores={Category.HATE: 0.9})
    await Journal(store.records, keeps_text=True).note(
        refused, subject=Subject.PROMPT, seen="梟", generation=running.id, workspace=HOME, caller="local"
    )
    ledger = Ledger(store.records)
    paid = await ledger.reserve(
        account=Account.of(LOCAL), provider="openai", model="m", generation=running.id, picture=0, usd=0.04
    )
    await ledger.hold(paid.id, handle="h")
    await ledger.settle(paid.id, Spent.PAID, usd=0.05)
    key = SecretStr(b64encode(bytes(32)).decode())
    await SealedVault(store.records, home=Path(), key=key).put(HOME, "openai", {"key": "k"})
    await populated(store.records)
    await agreed(store)


async def agreed(store: Store) -> None:
    """What people and workspaces have said, and what is under way with them."""
    await store.people.prefer("local", Preferences(analytics=False))
    await store.people.acknowledge("local", version="1")
    stricter = Stricter(texts={Category.HATE: 0.1}, pictures={Category.SEXUAL: 0.2})
    settings = WorkspaceSettings(retention=Retention(trash=1.5), moderation=stricter, analytics=False)
    await store.people.change_settings(HOME, settings)
    soon = datetime.now(UTC) + timedelta(hours=1)
    async with store.records.engine.begin() as connection:
        ada = (await connection.execute(select(USERS.c.id))).scalars().first()
        await connection.execute(IDENTITIES.insert().values(issuer="https://id.example", subject="1", user=ada))
        attempt: dict[str, Any] = {
            "state": "s" * 64,
            "browser": "b" * 64,
            "nonce": "n",
            "verifier": "v",
            "expires_at": soon,
        }
        attempt["destination"] = "/"
        await connection.execute(SIGN_INS.insert().values(**attempt))
        await connection.execute(ERASURES.insert().values(caller="usr_gone", tombstone="gone_1"))


async def populated(records: Records) -> None:
    """Somebody of every kind, and what they did."""
    office, clerk = Office(registry=Registry(records), audit=Audit(records)), Clerk(actor=COMMAND_LINE, within=None)
    space = (await office.create_workspace(clerk, name="studio")).id
    ada = (await office.create_user(clerk, name="ada", password="correct horse battery staple")).id
    await office.set_member(clerk, user=ada, workspace=space, role=Role.CREATOR)
    key, _ = await office.create_key(clerk, name="bot", role=Role.VIEWER, workspace=space, user=ada)
    now = datetime.now(UTC)
    session = Session(workspace=space, expires_at=now + timedelta(hours=1), key=key.id)
    await office.registry.begin_session(session, digest="d" * 64, now=now)


async def test_everything_comes_back_as_it_was(store: Store, empty: Store, tmp_path: Path) -> None:
    await filled(store)
    held = await back_up(store, tmp_path / "all.tar")
    before = await rows(store)
    assert held.rows == {table: len(found) for table, found in before.items()}
    assert held.gone == ()
    assert all(held.rows.values()), "a table that nothing was kept in"
    await kept(store)
    await restore(empty, tmp_path / "all.tar")
    assert await rows(empty) == before
    for ours, theirs in ((store.files, empty.files), (store.given, empty.given)):
        there = await files(ours)
        came = await files(theirs)
        assert came and came == {key: there[key] for key in came}
    assert len(await files(empty.files)) == 10
    assert len((await empty.gallery.page(Wanted(q='"a red dragon"'), workspace=HOME)).items) == 4
    await kept(empty)


async def test_a_restoration_that_was_cut_short_shows_nothing_and_is_done_again(
    store: Store, empty: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(store)
    await back_up(store, tmp_path / "all.tar")

    def power_cut(*_: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_count_on", power_cut)
        with pytest.raises(InterruptedError):
            await restore(empty, tmp_path / "all.tar")
    async with empty.records.engine.connect() as connection:
        assert await connection.run_sync(restoring._tables) == [], "not even a table"
    await restore(empty, tmp_path / "all.tar")
    assert await rows(empty) == await rows(store)


async def test_postgresql_numbers_on_behind_what_was_put_in(newest_postgresql: str) -> None:
    engine = await connect(newest_postgresql)
    async with engine.connect() as connection:
        await connection.execute(text("CREATE TEMPORARY TABLE numbered (id serial PRIMARY KEY)"))
        await connection.execute(text("INSERT INTO numbered (id) VALUES (7)"))
        await connection.run_sync(
            restoring._count_on, Table("numbered", MetaData(), Column("id", Integer, primary_key=True))
        )
        await connection.execute(text("INSERT INTO numbered DEFAULT VALUES"))
        assert (await connection.execute(text("SELECT max(id) FROM numbered"))).scalar() == 8
    await engine.dispose()
