"""What everybody may ask: to be handed all that is kept of them, and to be erased."""

import asyncio
import base64
import io
import json
import sqlite3
import zipfile
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from safelight.domain.access import HOME, Openness
from safelight.domain.privacy import Consent
from safelight.domain.spending import Account
from safelight.moderation.gate import Gate
from safelight.moderation.words import Rules, read_lists
from safelight.store.ledger import Ledger
from safelight.store.people import People
from safelight.store.records import Records
from safelight.store.schema import ERASURES, METADATA
from tests import postgresql
from tests.bucket import BucketServer
from tests.store.making import png
from tests.way.conftest import connected
from tests.way.house import Plan, Running, blobs, running
from tests.way.reader import GENERATIONS

pytestmark = pytest.mark.anyio
Open = Callable[..., AbstractContextManager[Running]]

ME, PICTURES, IMAGES = "/api/v1/me", "/api/v1/pictures", "/api/v1/images"
PNG = {"Content-Type": "image/png"}
NAME, MARK, PASSWORD = "ada lovelace", "quizzaciously", "correct horse battery staple"
GATE = Gate(rules=Rules(read_lists()))


@pytest.fixture(params=["sqlite", "postgresql"])
def begin(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Starts a server on SQLite and a disk, or on PostgreSQL and a bucket; several times the same one."""
    kept: dict[str, Any] = {}
    if request.param == "postgresql":
        server: BucketServer = request.getfixturevalue("bucket_server")
        kept = {"database": request.getfixturevalue("spare_postgresql"), "bucket": server.bucket()}

    def start(**differences: Any) -> AbstractContextManager[Running]:
        plan = {"home": tmp_path, "openness": Openness.SINGLE, "gate": GATE, "keeps_text": True, **kept}
        return running(Plan(**{**plan, **differences}))

    return start


@pytest.fixture
def spare_postgresql(newest_postgresql: str) -> Generator[str, None, None]:
    yield newest_postgresql
    postgresql.empty(newest_postgresql)


@asynccontextmanager
async def signed_in(server: Running, **known: str) -> AsyncGenerator[httpx2.AsyncClient, None]:
    async with connected(server) as client:
        me = (await client.post("/api/v1/session", json=known)).json()
        client.headers["X-CSRF-Token"] = me["csrf_token"]
        yield client


async def made(keeper: httpx2.AsyncClient, name: str = NAME, role: str = "creator") -> str:
    """A user in the default workspace; the id."""
    user = (await keeper.post("/api/v1/users", json={"name": name, "password": PASSWORD})).json()["id"]
    let_in = await keeper.put(f"/api/v1/workspaces/default/members/{user}", json={"role": role})
    assert let_in.status_code == 200
    return str(user)


async def drawn(client: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    body = {"prompt": f"a {MARK} owl", "steps": 2, **more}
    answer = await client.post(GENERATIONS, json=body, headers={"Prefer": "wait=30"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def lived(client: httpx2.AsyncClient, *, theirs: str, shared: bytes) -> dict[str, str]:
    """Something of every kind, done by one person; what it is called.

    Args:
        theirs: a picture of somebody else's.
        shared: an image that somebody else has given, too.
    """
    one = await drawn(client)
    picture = one["pictures"][0]["id"]
    given = (await client.post(IMAGES, content=png(width=40), headers=PNG)).json()["id"]
    await client.post(IMAGES, content=shared, headers=PNG)
    await drawn(client, image={"image": given})
    await client.patch(f"{PICTURES}/{picture}", json={"tags": [MARK], "folder": MARK})
    await client.post(f"{PICTURES}/{picture}/share", json={})
    await client.post(f"{PICTURES}/{theirs}/share", json={})
    imported = (await client.post(PICTURES, content=png(width=50), headers=PNG)).json()["id"]
    # The doors know whose things are, too.
    saved = {"imageData": base64.b64encode(png(width=60)).decode(), "prompt": f"{MARK} saved"}
    assert (await client.post("/saved-images", json=saved)).status_code == 201
    trashed = (await drawn(client))["pictures"][0]["id"]
    await client.delete(f"{PICTURES}/{trashed}")
    recipe = {"prompt": f"{MARK} again", "steps": 1}
    batch = (await client.post("/api/v1/batches", json={"recipes": [recipe, recipe | {"seed": 3}]})).json()["id"]
    while (await client.get(f"/api/v1/batches/{batch}")).json()["state"] == "running":  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    refused = await client.post(GENERATIONS, json={"prompt": f"a nude {MARK}"})
    assert refused.status_code == 422
    await client.post("/api/v1/moderations", json={"text": f"what of {MARK}"})
    await client.put(f"{ME}/preferences", json={"analytics": False})
    agreed = await client.post(f"{ME}/consent", json={"version": "1"})
    assert agreed.json()["required"] is False
    return {"generation": one["id"], "picture": picture, "imported": imported, "given": given, "batch": batch}


@asynccontextmanager
async def reached(plan: Plan) -> AsyncGenerator[Records, None]:
    """The database of a server, from this loop."""
    records = await Records.open(plan.database or f"sqlite+aiosqlite:///{plan.home}/safelight.db")
    yield records
    await records.close()


async def rows_of(plan: Plan) -> str:
    """Every row of every table, as one text: those of SQLite's full text included."""
    if plan.database is None:
        with closing(sqlite3.connect(f"{plan.home}/safelight.db")) as lite:
            return "\n".join(lite.iterdump())
    engine = create_async_engine(plan.database)
    try:
        async with engine.connect() as connection:
            tables = [
                await connection.execute(text(f'SELECT "{table.name}"::text FROM "{table.name}"'))
                for table in METADATA.sorted_tables
            ]
            return "\n".join(row[0] for rows in tables for row in rows)
    finally:
        await engine.dispose()


async def paid_for(plan: Plan, caller: str) -> None:
    """A picture of a service elsewhere, on somebody's behalf."""
    async with reached(plan) as records:
        account = Account(workspace=HOME, caller=caller)
        await Ledger(records).reserve(
            account=account, provider="openai", model="m", generation="gen_paid_for", picture=0, usd=0.04
        )


async def files_of(plan: Plan) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for folder in ("pictures", "inputs"):
        there = blobs(plan, folder)
        found |= {f"{folder}/{blob.key}": await there.get(blob.key) async for blob in there.listed()}
    return found


async def test_whoever_is_erased_is_nowhere_any_more_and_nobody_else_misses_anything(begin: Open) -> None:
    with begin(seconds_per_step=0.02, consent=Consent(version="1", text="Be kind.")) as server:
        async with connected(server) as keeper:
            shared = png(width=32, height=32)
            image = (await keeper.post(IMAGES, content=shared, headers=PNG)).json()["id"]
            theirs = (
                await keeper.post(GENERATIONS, json={"prompt": "an owl", "steps": 1}, headers={"Prefer": "wait=9"})
            ).json()
            user = await made(keeper)
            wish = {"name": MARK, "role": "creator", "user": user}
            key = (await keeper.post("/api/v1/keys", json=wish)).json()
            before = await files_of(server.plan)
            async with signed_in(server, user=NAME, password=PASSWORD) as client:
                things = await lived(client, theirs=theirs["pictures"][0]["id"], shared=shared)
                # With a key of theirs, in another session, and one that is still being drawn.
                shown = {"X-API-Key": key["secret"]}
                async with httpx2.AsyncClient(
                    base_url=server.url, headers=shown, trust_env=False, verify=False
                ) as with_key:
                    slow = (await with_key.post(GENERATIONS, json={"prompt": f"slow {MARK}", "steps": 150})).json()
                await paid_for(server.plan, user)
                names = [*things.values(), user, key["key"]["id"], slow["id"]]
                known = await rows_of(server.plan)
                assert all(name in known for name in [*names, NAME, MARK])
                assert len(await files_of(server.plan)) > len(before) + 6
                for wrong in ({}, {"confirm": "somebody"}, {"confirm": NAME, "more": 1}):
                    assert (await client.request("DELETE", ME, json=wrong)).status_code == 422
                assert (await client.get(f"{PICTURES}/{things['picture']}")).status_code == 200
                gone = await client.request("DELETE", ME, json={"confirm": NAME})
                assert gone.status_code == 200, gone.text
                counts = gone.json()
                assert counts.pop("tombstone").startswith("gone_")
                assert counts == {"generations": 6, "batches": 1, "pictures": 7, "images": 1, "keys": 1}
                assert (await client.get(GENERATIONS)).json()["items"]  # as whoever sits here, who sees what is left
            left = await rows_of(server.plan)
            found = [name for name in [*names, "lovelace", MARK, key["secret"], PASSWORD] if name in left.lower()]
            hexed = [name for name in (MARK, MARK[4:]) if name.encode().hex() in left.lower()]
            assert not found and not hexed
            assert await files_of(server.plan) == before
            assert "gen_paid_for" in left, "what was paid stays in the books"
            audit = (await keeper.get("/api/v1/audit")).json()["items"]
            assert audit[0]["action"] == "person.erased" and audit[0]["actor"].startswith("gone_")
            assert {deed["action"] for deed in audit} >= {"user.created", "key.created", "consent.given", "member.set"}
            assert (await keeper.get(f"{IMAGES}/{image}")).content == shared
            assert (await keeper.get(theirs["pictures"][0]["url"])).status_code == 200
            assert (await keeper.get(f"{GENERATIONS}/{slow['id']}")).status_code == 404
            refused = await keeper.get(ME, headers={"X-API-Key": key["secret"]})
            assert refused.status_code == 401
        async with connected(server) as again:
            assert (await again.post("/api/v1/session", json={"user": NAME, "password": PASSWORD})).status_code == 401


async def test_everything_of_somebody_is_handed_over_and_nothing_of_anybody_else(begin: Open) -> None:
    with begin(consent=Consent(version="1", text="Be kind.")) as server:
        async with connected(server) as keeper:
            theirs = (
                await keeper.post(GENERATIONS, json={"prompt": "not hers", "steps": 1}, headers={"Prefer": "wait=9"})
            ).json()
            user = await made(keeper)
            key = (await keeper.post("/api/v1/keys", json={"name": "bot", "user": user})).json()
            async with signed_in(server, user=NAME, password=PASSWORD) as client:
                things = await lived(client, theirs=theirs["pictures"][0]["id"], shared=png(width=32))
                await paid_for(server.plan, user)
                answer = await client.get(f"{ME}/export")
                file = (await client.get(f"{PICTURES}/{things['picture']}/file")).content
        assert answer.headers["content-type"] == "application/zip" and "no-store" in answer.headers["cache-control"]
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.testzip() is None
            held = {
                name.removesuffix(".jsonl"): [json.loads(line) for line in archive.read(name).splitlines()]
                for name in archive.namelist()
                if name.endswith(".jsonl")
            }
            files = {name: archive.read(name) for name in archive.namelist() if "/" in name}
        assert [one["name"] for one in held["account"]] == [NAME] and [one["name"] for one in held["keys"]] == ["bot"]
        assert {one["prompt"] for one in (row["recipe"] for row in held["generations"])} == {
            f"a {MARK} owl",
            f"{MARK} again",
        }
        assert len(held["pictures"]) == 7 and len(held["batch_cells"]) == 2 and len(held["shares"]) == 2
        assert {row["id"] for row in held["images"]} > {things["given"]} and held["sessions"] and held["audit"]
        assert {row["allowed"] for row in held["moderation"]} == {True, False}
        assert held["preferences"][0]["analytics"] is False and held["tags"][0]["tag"] == MARK
        assert [row["usd"] for row in held["spendings"]] == [0.04]
        assert len(files) == 7 + 2 and file in files.values()
        everything = b"\n".join([*files.values(), json.dumps(held).encode()])
        for secret in (key["secret"], PASSWORD, "argon2", "not hers", theirs["id"]):
            assert secret.encode() not in everything, secret


async def test_a_key_stands_for_itself_and_may_go_where_it_may_delete(begin: Open) -> None:
    with begin(openness=Openness.UNTIL_KEYS) as server:
        async with connected(server) as keeper:
            admin = (await keeper.post("/api/v1/keys", json={"name": "me", "role": "admin"})).json()["secret"]
            keeper.headers["X-API-Key"] = admin
            narrow = {"name": "narrow", "scopes": ["read", "create"]}
            for wish, status in ((narrow, 403), ({"name": "bot"}, 200), ({"name": "eye", "role": "viewer"}, 200)):
                secret = (await keeper.post("/api/v1/keys", json=wish)).json()["secret"]
                shown = {"X-API-Key": secret}
                answer = await keeper.request("DELETE", ME, json={"confirm": wish["name"]}, headers=shown)
                assert answer.status_code == status, answer.text
                assert (await keeper.get(ME, headers=shown)).status_code == (401 if status == 200 else 200)
            last = await keeper.request("DELETE", ME, json={"confirm": "me"})
            assert last.status_code == 409 and "last admin" in last.json()["detail"] and last.json()["hint"]
            assert (await keeper.get(ME)).json()["role"] == "admin"
            await keeper.post("/api/v1/keys", json={"name": "another", "role": "admin"})
            assert (await keeper.request("DELETE", ME, json={"confirm": "me"})).status_code == 200


async def test_an_erasure_that_a_crash_cut_short_is_gone_on_with(begin: Open) -> None:
    with begin() as server:
        async with connected(server) as keeper:
            user = await made(keeper)
            async with signed_in(server, user=NAME, password=PASSWORD) as client:
                await drawn(client)
            await keeper.delete(f"/api/v1/users/{user}")
            assert (await keeper.get(GENERATIONS)).json()["items"]
    async with reached(server.plan) as records, records.engine.begin() as connection:
        await connection.execute(ERASURES.insert().values(caller=user, tombstone="gone_1"))
    with begin() as again:
        async with connected(again) as keeper:
            assert (await keeper.get(GENERATIONS)).json()["items"] == []
        left = await rows_of(again.plan)
        assert user not in left and MARK not in left and "gone_1" in left and not await files_of(again.plan)


async def test_nobody_is_nobody(begin: Open) -> None:
    with begin(openness=Openness.ANYONE) as server:
        async with connected(server) as client:
            assert (await client.get(f"{ME}/export")).status_code == 403
            assert (await client.request("DELETE", ME, json={"confirm": "anonymous"})).status_code == 403
            assert (await client.put(f"{ME}/preferences", json={})).status_code == 403


async def test_what_everybody_agrees_to_is_asked_again_when_it_changes(begin: Open) -> None:
    with begin() as server:
        async with connected(server) as client:
            assert (await client.get(ME)).json()["consent"] is None
            assert (await client.post(f"{ME}/consent", json={"version": "1"})).status_code == 404
    for version in ("1", "2"):
        with begin(consent=Consent(version=version, text="Be kind.")) as server:
            async with connected(server) as client:
                asked = (await client.get(ME)).json()["consent"]
                assert asked == {"version": version, "text": "Be kind.", "acknowledged_at": None, "required": True}
                assert (await client.post(f"{ME}/consent", json={"version": "0"})).status_code == 409
                agreed = await client.post(f"{ME}/consent", json={"version": version})
                assert agreed.json()["required"] is False
                assert (await client.get(ME)).json()["consent"]["acknowledged_at"]
                deed = (await client.get("/api/v1/audit")).json()["items"][0]
                assert (deed["action"], deed["detail"]) == ("consent.given", version)


async def test_counting_stops_where_somebody_or_their_workspace_says_so(begin: Open) -> None:
    with begin() as server:
        async with connected(server) as client, reached(server.plan) as records:
            people = People(records)
            assert await people.counted("local", workspace="default")
            await client.put(f"{ME}/preferences", json={"analytics": False})
            assert (await client.get(f"{ME}/preferences")).json() == {"analytics": False}
            assert not await people.counted("local", workspace="default")
            await client.put(f"{ME}/preferences", json={"analytics": True})
            await client.put("/api/v1/workspaces/default/settings", json={"analytics": False})
            assert not await people.counted("local", workspace="default")
