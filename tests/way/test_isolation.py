"""Every route, asked by everybody: who gets in, who does not, and that nobody learns of another workspace."""

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Generator, Mapping
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from safelight.domain.access import Role, Scope
from safelight.web import doors
from safelight.web.app import ROUTERS
from safelight.web.permissions import RULES, WS, Rule
from tests.way.reader import GENERATIONS
from tests.way.town import HERE, Town, town

pytestmark = pytest.mark.anyio

PICTURES = "/api/v1/pictures"
PNG = {"Content-Type": "image/png"}
# The smallest image there is.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe"
    "0def46b80000000049454e44ae426082"
)
ROLES = {"viewer": Role.VIEWER, "creator": Role.CREATOR, "admin": Role.ADMIN, "stranger": Role.CREATOR}
ROLES |= {"boss": Role.ADMIN, "keeper": Role.ADMIN}
BODIES: Mapping[str, dict[str, Any]] = {
    "branches": {"step": 1},
    "{generation}": {"state": "paused"},
    "{picture}": {"favourite": True},
    "share": {},
}
OWNED = ("{generation}", "{batch}", "{picture}", "{image}", "{link}")
"""What belongs to a workspace and is nowhere else."""
UNDOES = {
    ("DELETE", "/api/v1/me"),
    ("DELETE", "/api/v1/pictures/{picture}"),
    ("DELETE", "/api/v1/shares/{link}"),
    ("DELETE", "/api/v1/keys/{key}"),
    ("DELETE", "/api/v1/users/{user}"),
    ("DELETE", "/api/v1/workspaces/{workspace}"),
    ("DELETE", "/api/v1/workspaces/{workspace}/members/{user}"),
}
"""Not asked by those who may: the others still need what it is about. Tests of their own see to these."""
SILENT = {("DELETE", "/api/v1/pictures/{picture}"), ("DELETE", "/api/v1/shares/{link}")}
"""They say nothing of what is not there, and do nothing."""
RESTRICTED = [(*route, rule) for route, rule in RULES.items() if isinstance(rule, Rule) and route[0] != WS]


def test_every_route_is_in_the_table_and_nothing_else_is() -> None:
    routes = {
        (method, route.path)
        for router in (*ROUTERS, *(router for _, router in doors.ROUTERS))
        for route in router.routes
        for method in (route.methods or () if isinstance(route, APIRoute) else {WS})
    }
    assert routes | {("GET", "/")} == set(RULES)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Generator[Town, None, None]:
    with town(tmp_path_factory.mktemp("town")) as opened:
        yield opened


@pytest.fixture(scope="module")
def things(place: Town) -> dict[str, str]:
    """What there is in `here`, by the names that stand in the paths."""
    key = {"Authorization": f"Bearer {place.keys['creator']}"}
    with httpx2.Client(base_url=place.server.url, headers=key, trust_env=False, timeout=30) as client:
        drawn = client.post(GENERATIONS, json={"prompt": "mine", "steps": 2}, headers={"Prefer": "wait=20"}).json()
        image = client.post("/api/v1/images", content=PIXEL, headers={"Content-Type": "image/png"}).json()
        picture = drawn["pictures"][0]["id"]
        batch = client.post("/api/v1/batches", json={"recipes": [{"prompt": "mine too", "steps": 1}]}).json()
        client.patch(f"/api/v1/pictures/{picture}", json={"tags": ["mine"], "folder": "Mine"})
        link = client.post(f"/api/v1/pictures/{picture}/share", json={}).json()
    return {
        "generation": drawn["id"],
        "batch": batch["id"],
        "step": "1",
        "picture": picture,
        "link": link["id"],
        "shared": link["url"],
        "image": image["id"],
        "model": "fake",
        "provider": "openai",
        "key": place.ids["revoked"],
        "user": place.ids["user"],
        "workspace": place.ids[HERE],
    }


def expected(rule: Rule, who: str, path: str) -> set[int] | None:
    """Statuses; None for whatever is said to those who may."""
    if who not in ROLES:
        return {401}
    if not ROLES[who].covers(rule.role) or (rule.house and who != "keeper"):
        return {403}
    elsewhere = who in ("stranger", "boss", "keeper")
    # Whoever keeps the server looks after everybody's keys and members, and sees nobody's pictures.
    if elsewhere and any(name in path for name in OWNED):
        return {404}
    if who == "boss" and any(name in path for name in ("{key}", "{workspace}")):
        return {404}
    return None


@pytest.mark.parametrize("who", [None, *ROLES, "expired", "revoked"])
async def test_who_may_do_what(place: Town, things: dict[str, str], who: str | None) -> None:
    wrong = []
    async with place.client(who) as client:
        for method, path, rule in RESTRICTED:
            statuses = expected(rule, who or "", path)
            if (method, path) in UNDOES and statuses is None:
                continue
            body = BODIES.get(path.rpartition("/")[2]) if method in ("POST", "PATCH") else None
            if method == "PUT" and path.endswith("{user}"):
                body = {"role": "viewer"}
            if method == "PUT" and path.endswith("settings"):
                body = {}
            answer = await client.request(method, path.replace(":path", "").format(**things), json=body)
            if (method, path) in SILENT and statuses == {404}:
                statuses = {204}
            right = answer.status_code in statuses if statuses else answer.status_code not in (401, 403, 500)
            if not right:
                wrong.append((method, path, answer.status_code, statuses))
            # Whoever is let in to assistants' own protocol hears that protocol's errors.
            if answer.is_error and (path != "/mcp" or statuses):
                assert answer.json()["hint"]
    assert not wrong
    async with place.client("viewer") as client:
        assert (await client.get(f"/api/v1/pictures/{things['picture']}/file")).status_code == 200
        picture = (await client.get(f"/api/v1/pictures/{things['picture']}")).json()
        assert (picture["tags"], picture["folder"], picture["deleted_at"]) == (["mine"], "Mine", None)
        assert [one["id"] for one in (await client.get("/api/v1/shares")).json()["items"]][-1] == things["link"]


@pytest.mark.parametrize(
    ("who", "status"), [(None, 401), ("stranger", 404), ("keeper", 404), ("expired", 401), ("revoked", 401)]
)
async def test_sockets_ask_as_well(place: Town, things: dict[str, str], who: str | None, status: int) -> None:
    url = f"{place.server.url.replace('http', 'ws', 1)}{GENERATIONS}/{things['generation']}/events"
    headers = {} if who is None else {"X-API-Key": place.keys[who]}
    with pytest.raises(InvalidStatus) as refused:
        async with connect(url, proxy=None, additional_headers=headers):
            pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body)["hint"]
    async with connect(url, proxy=None, additional_headers={"X-API-Key": place.keys["viewer"]}) as socket:
        assert [message async for message in socket]


async def test_lists_show_what_is_here_and_nothing_else(place: Town, things: dict[str, str]) -> None:
    for path in (GENERATIONS, "/api/v1/batches", "/api/v1/pictures"):
        for who, some in (("viewer", True), ("stranger", False), ("keeper", False)):
            async with place.client(who) as client:
                assert bool((await client.get(path)).json()["items"]) is some, (path, who)
    async with place.client("boss") as client:
        assert {key["name"] for key in (await client.get("/api/v1/keys")).json()["items"]} == {"stranger", "boss"}
        assert [one["name"] for one in (await client.get("/api/v1/workspaces")).json()["items"]] == ["elsewhere"]
        assert {deed["workspace"] for deed in (await client.get("/api/v1/audit")).json()["items"]} == {
            place.ids["elsewhere"]
        }


async def test_a_recipe_cannot_reach_into_another_workspace(place: Town, things: dict[str, str]) -> None:
    async with place.client("stranger") as client:
        for image in (things["picture"], things["image"]):
            recipe = {"prompt": "theirs", "image": {"image": image, "strength": 0.5}}
            refused = await client.post(GENERATIONS, json=recipe)
            assert refused.status_code == 422 and image in refused.text
        own = {"prompt": "mine", "steps": 1}
        mine = (await client.post(GENERATIONS, json=own, headers={"Prefer": "wait=9"})).json()
        again = await client.post(f"{GENERATIONS}/{mine['id']}/reproduce", params={"attempt": things["generation"]})
        assert again.json()["verdict"] == "cannot" and "There is no generation" in again.json()["detail"]
        await client.delete(f"/api/v1/pictures/{mine['pictures'][0]['id']}")


@pytest.mark.parametrize("who", ["stranger", "keeper"])
async def test_no_id_in_a_body_or_a_query_reaches_into_another_workspace(
    place: Town, things: dict[str, str], who: str
) -> None:
    theirs = things["picture"]
    async with place.client(who) as client:
        mine = (await client.post(PICTURES, content=PIXEL, headers=PNG)).json()["id"]
        for action in ("tag", "untag", "favourite", "move", "restore", "delete"):
            wish = {"action": action, "ids": [theirs, mine], "tags": ["x"], "folder": "x", "forever": True}
            done = (await client.post(f"{PICTURES}/bulk", json=wish)).json()["results"]
            assert [(one["id"], one["done"]) for one in done] == [(theirs, False), (mine, True)]
            assert done[0]["detail"] == "There is no such picture."
        own = (await client.post(PICTURES, content=PIXEL, headers=PNG)).json()["id"]
        for answer in (
            await client.get(f"{PICTURES}/compare", params={"ids": f"{own},{theirs}"}),
            await client.post(f"{PICTURES}/export", json={"ids": [own, theirs]}),
            await client.post("/api/v1/moderations", json={"image": theirs}),
            await client.post("/api/v1/moderations", json={"image": things["image"]}),
        ):
            assert answer.status_code == 404 and answer.json()["hint"]
        assert (await client.delete(f"{PICTURES}/{theirs}", params={"forever": "true"})).status_code == 204
        await client.delete(f"{PICTURES}/{own}", params={"forever": "true"})
    async with place.client("viewer") as client:
        picture = (await client.get(f"{PICTURES}/{theirs}")).json()
        assert (picture["tags"], picture["folder"], picture["deleted_at"]) == (["mine"], "Mine", None)


@pytest.mark.parametrize("who", ["viewer", "boss", "keeper"])
async def test_no_search_finds_what_is_in_another_workspace(place: Town, things: dict[str, str], who: str) -> None:
    here = who == "viewer"
    async with place.client(who) as client:
        for query in ({"q": "mine"}, {"tag": "mine"}, {"folder": "Mine"}, {"generation": things["generation"]}, {}):
            items = (await client.get(PICTURES, params=query)).json()["items"]
            assert (things["picture"] in {item["id"] for item in items}) is here, query
        for path in (f"{PICTURES}/tags", f"{PICTURES}/folders", "/api/v1/shares"):
            assert bool((await client.get(path)).json()["items"]) is here, path
        links = await client.get("/api/v1/shares", params={"picture": things["picture"]})
        assert bool(links.json()["items"]) is here
        with zipfile.ZipFile(io.BytesIO((await client.get(f"{PICTURES}/export")).content)) as archive:
            assert (things["picture"] in archive.read("recipes.json").decode()) is here
    async with place.client("creator") as client:
        trashed = (await client.post(PICTURES, content=PIXEL, headers=PNG)).json()["id"]
        await client.delete(f"{PICTURES}/{trashed}")
    async with place.client(who) as client:
        items = (await client.get(PICTURES, params={"trash": "true"})).json()["items"]
        assert (trashed in {item["id"] for item in items}) is here


async def test_the_journal_of_moderation_is_a_workspaces_own(place: Town) -> None:
    async with place.client("creator") as client:
        assert (await client.post("/api/v1/moderations", json={"text": "a red dragon"})).status_code == 200
    for who, some in (("admin", True), ("boss", False), ("keeper", False)):
        async with place.client(who) as client:
            assert bool((await client.get("/api/v1/moderations")).json()["items"]) is some, who


async def test_whoever_has_a_share_link_needs_no_key_and_nobody_elsewhere_can_revoke_it(
    place: Town, things: dict[str, str]
) -> None:
    for who in ("stranger", "boss", "keeper"):
        async with place.client(who) as client:
            assert (await client.delete(f"/api/v1/shares/{things['link']}")).status_code == 204
    async with place.client(None) as client:
        shown = (await client.get(things["shared"])).json()
        assert (await client.get(shown["url"])).headers["content-type"] == "image/png"
        assert (await client.get(f"{PICTURES}/{things['picture']}")).status_code == 401
        assert (await client.get("/api/v1/shares")).status_code == 401
        assert (await client.get("/share/guessed")).status_code == 404


@pytest.mark.parametrize(("scope", "action"), [("create", "favourite"), ("delete", "delete")])
async def test_a_bulk_action_takes_the_scope_of_its_action(place: Town, scope: str, action: str) -> None:
    async with place.client("admin") as client:
        wish = {"name": "narrow", "role": "creator", "scopes": [scope]}
        secret = (await client.post("/api/v1/keys", json=wish)).json()["secret"]
    async with place.client(None, headers={"X-API-Key": secret}) as client:
        for deed in ("favourite", "delete"):
            answer = await client.post(f"{PICTURES}/bulk", json={"action": deed, "ids": [f"pic_{'0' * 24}"]})
            assert answer.status_code == (200 if deed == action else 403), answer.text


async def test_the_same_image_is_another_one_in_another_workspace(place: Town, things: dict[str, str]) -> None:
    async with place.client("stranger") as client:
        given = await client.post("/api/v1/images", content=PIXEL, headers={"Content-Type": "image/png"})
        assert given.json()["id"] != things["image"]
        inline = f"data:image/png;base64,{b64encode(PIXEL).decode()}"
        recipe = {"prompt": "a", "steps": 1, "image": {"image": inline, "strength": 0.5}}
        settled = (await client.post(GENERATIONS, json=recipe)).json()
        assert settled["recipe"]["image"]["image"] == given.json()["id"]


async def test_every_workspace_has_idempotency_keys_of_its_own(place: Town) -> None:
    ids = []
    for who in ("creator", "stranger", "creator"):
        async with place.client(who) as client:
            recipe = {"prompt": f"of {who}", "steps": 1}
            answer = await client.post(GENERATIONS, json=recipe, headers={"Idempotency-Key": "same"})
            assert answer.status_code == 202
            ids.append(answer.json()["id"])
    assert ids[0] == ids[2] != ids[1]


async def test_every_workspace_has_batches_of_its_own(place: Town, things: dict[str, str]) -> None:
    ids = []
    for who in ("creator", "stranger", "creator"):
        async with place.client(who) as client:
            wish = {"recipes": [{"prompt": "one", "steps": 1, "seed": 1}]}
            answer = await client.post("/api/v1/batches", json=wish, headers={"Idempotency-Key": "same"})
            assert answer.status_code == 202
            ids.append(answer.json()["id"])
    assert ids[0] == ids[2] != ids[1]
    async with place.client("stranger") as client:
        for image in (things["picture"], things["image"]):
            recipe = {"prompt": "theirs", "image": {"image": image, "strength": 0.5}}
            refused = await client.post("/api/v1/batches", json={"recipes": [recipe]})
            assert refused.status_code == 422 and image in refused.text


@pytest.mark.parametrize("scope", Scope)
async def test_a_key_does_what_it_was_given_to_do_and_no_more(place: Town, scope: Scope) -> None:
    async with place.client("keeper") as client:
        wish = {"name": "narrow", "role": "admin", "scopes": [scope]}
        secret = (await client.post("/api/v1/keys", json=wish)).json()["secret"]
    deeds = {
        Scope.READ: ("GET", GENERATIONS),
        Scope.CREATE: ("POST", GENERATIONS),
        Scope.DELETE: ("DELETE", "/api/v1/pictures/pic_none"),
        Scope.MANAGE: ("GET", "/api/v1/users"),
    }
    async with place.client(None, headers={"X-API-Key": secret}) as client:
        for needed, (method, path) in deeds.items():
            answer = await client.request(method, path, json={"prompt": ""} if method == "POST" else None)
            assert (answer.status_code == 403) is (needed is not scope), (needed, answer.text)
