"""Who is known, and what they did."""

from datetime import UTC, datetime, timedelta

import pytest

from safelight.accounts.secrets import digest
from safelight.admission.office import COMMAND_LINE, Clerk, Office
from safelight.domain.access import HOME, LOCAL, Role, Scope
from safelight.domain.errors import Conflict, NotFound
from safelight.domain.recipe import Recipe
from safelight.store.audit import Audit
from safelight.store.records import GenerationRecord, Records
from safelight.store.registry import Registry, Session

pytestmark = pytest.mark.anyio

CLERK = Clerk(actor=COMMAND_LINE, within=None)
NOW = datetime.now(UTC)


@pytest.fixture
def office(records: Records) -> Office:
    return Office(registry=Registry(records), audit=Audit(records))


async def test_a_key_is_found_by_its_digest_and_the_secret_is_nowhere(office: Office) -> None:
    assert not await office.registry.knows_anyone()
    until = NOW + timedelta(hours=1)
    key, secret = await office.create_key(CLERK, name="bot", role=Role.CREATOR, expires_at=until)
    assert await office.registry.key_of(digest(secret)) == key == await office.registry.key(key.id)
    assert key.scopes == (Scope.CREATE, Scope.DELETE, Scope.READ) and key.workspace == HOME
    assert secret.startswith(key.hint.rstrip("…")) and len(secret) > 40
    assert key.valid(NOW) and not key.valid(until)
    assert await office.registry.knows_anyone()
    await office.registry.used(key.id, at=NOW)
    await office.revoke_key(CLERK, key.id)
    await office.revoke_key(CLERK, key.id)
    kept = await office.registry.key(key.id)
    assert kept is not None and kept.last_used_at == NOW and not kept.valid(NOW)
    assert not await office.registry.knows_anyone()
    with pytest.raises(NotFound):
        await office.revoke_key(CLERK, "key_none")
    with pytest.raises(NotFound):
        await office.create_key(CLERK, name="bot", role=Role.VIEWER, workspace="nowhere")


@pytest.mark.parametrize(("maker", "admins"), [(LOCAL.caller, ["ada"]), ("an admin of a token's", [])])
async def test_the_first_user_follows_only_whoever_sits_here(office: Office, maker: str, admins: list[str]) -> None:
    clerk = Clerk(actor=maker, within=None)
    for name in ("ada", "bob"):
        await office.receive_user(clerk, name=name, password="a long enough password")
    members = await office.members(clerk, HOME)
    assert [member.name for member in members if member.role is Role.ADMIN] == admins
    assert len(members) == len(admins)


async def test_users_are_in_workspaces_and_leave_with_them(office: Office) -> None:
    registry = office.registry
    ada = await office.create_user(CLERK, name="ada", password="a long enough password")
    with pytest.raises(Conflict):
        await office.create_user(CLERK, name="ada", password="another long password")
    assert (await registry.password("ada"))[0] == ada
    assert await registry.password("bob") == (None, None)
    studio = await office.create_workspace(CLERK, name="studio")
    with pytest.raises(Conflict):
        await office.create_workspace(CLERK, name="studio")
    assert await registry.workspace("studio") == studio == await registry.workspace(studio.id)
    for role in (Role.VIEWER, Role.ADMIN):
        await office.set_member(CLERK, user=ada.id, workspace="studio", role=role)
    (member,) = await registry.members(user=ada.id)
    assert (member.workspace, member.name, member.role) == (studio.id, "ada", Role.ADMIN)
    with pytest.raises(NotFound):
        await office.set_member(CLERK, user="usr_none", workspace="studio", role=Role.VIEWER)
    session = Session(workspace=studio.id, user=ada.id, expires_at=NOW + timedelta(hours=1))
    await registry.begin_session(session, digest="d", now=NOW)
    assert await registry.session("d", now=NOW) == session
    assert await registry.session("d", now=session.expires_at) is None
    await office.remove_workspace(CLERK, "studio")
    assert await registry.members(user=ada.id) == () and await registry.session("d", now=NOW) is None
    await office.remove_user(CLERK, ada.id)
    assert (await registry.users()).items == ()


async def test_a_workspace_with_something_in_it_cannot_go(office: Office, records: Records) -> None:
    made = GenerationRecord.accepted(Recipe(prompt="a"), access=LOCAL, idempotency_key="k", last_event=0)
    await records.add(made)
    assert await records.by_key("k", workspace=HOME) == made
    assert await records.by_key("k", workspace="other") is None
    assert (await records.under_way(LOCAL.caller)).total() == 1
    await records.change(made.id, device_s=2.5)
    assert await records.device_seconds(caller=LOCAL.caller, since=made.created_at) == 2.5
    assert await records.device_seconds(workspace=made.workspace, since=made.created_at) == 2.5
    assert await records.device_seconds(workspace="ws_elsewhere", since=made.created_at) == 0
    assert await records.device_seconds(caller=LOCAL.caller, since=NOW + timedelta(days=1)) == 0
    with pytest.raises(Conflict):
        await office.remove_workspace(CLERK, HOME)


async def test_the_log_keeps_every_act_in_order(office: Office) -> None:
    studio = await office.create_workspace(CLERK, name="studio")
    await office.create_key(CLERK, name="bot", role=Role.VIEWER, workspace="studio")
    await office.create_user(CLERK, name="ada", password="a long enough password")
    first = await office.audit.page(limit=2)
    rest = await office.audit.page(limit=2, cursor=first.next_cursor)
    actions = [deed.action for deed in (*first.items, *rest.items)]
    assert actions == ["user.created", "key.created", "workspace.created"]
    assert [deed.detail for deed in (await office.audit.page(workspace=studio.id)).items] == ["bot, viewer", "studio"]
    assert {deed.actor for deed in first.items} == {COMMAND_LINE}
