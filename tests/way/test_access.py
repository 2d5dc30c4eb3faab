"""Getting in: without anything, with a key, with a session, with a token."""

import json
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from pydantic import SecretStr

from safelight.accounts.tokens import Tokens
from safelight.domain.access import Openness
from safelight.web.rooms import Site
from tests.way.conftest import connected
from tests.way.house import Running
from tests.way.reader import GENERATIONS
from tests.way.town import PASSWORD, Town, town

pytestmark = pytest.mark.anyio
Serve = Callable[..., Running]
Open = Callable[..., Town]

ME, SESSION, KEYS = "/api/v1/me", "/api/v1/session", "/api/v1/keys"
ELSEWHERE = "https://elsewhere.example"
SECRET = "a secret of thirty-two characters"


@pytest.fixture
def settle(tmp_path: Path) -> Generator[Open, None, None]:
    with ExitStack() as stack:

        def start(**differences: Any) -> Town:
            return stack.enter_context(town(tmp_path, **differences))

        yield start


async def test_whoever_sits_here_may_do_everything_until_there_is_a_key(client: httpx2.AsyncClient) -> None:
    me = (await client.get(ME)).json()
    assert (me["kind"], me["role"], me["workspace"]) == ("local", "admin", "default")
    made = (await client.post(KEYS, json={"name": "first", "role": "admin"})).json()
    assert made["secret"].startswith(made["key"]["hint"].rstrip("…"))
    refused = await client.get(ME)
    assert refused.status_code == 401 and refused.headers["WWW-Authenticate"].startswith("Bearer")
    shown = {"X-API-Key": made["secret"]}
    assert (await client.get(ME, headers=shown)).json()["kind"] == "key"
    assert (await client.post(SESSION, json={"key": made["secret"]})).status_code == 200
    assert (await client.get(ME)).json()["csrf_token"]
    assert (await client.delete(f"{KEYS}/{made['key']['id']}", headers=shown)).status_code == 204
    # The session ended with its key, and the browser still shows its cookie.
    me = (await client.get(ME)).json()
    assert (me["kind"], me["csrf_token"]) == ("local", None)


async def test_whoever_makes_the_first_user_goes_on_as_that_one(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/api/v1/users", json={"name": "ada", "password": PASSWORD})).status_code == 201
    assert (await client.get(ME)).status_code == 401
    token = (await client.post(SESSION, json={"user": "ada", "password": PASSWORD})).json()["csrf_token"]
    me = (await client.get(ME)).json()
    assert (me["role"], me["workspace"]) == ("admin", "default")
    second = {"name": "bob", "password": PASSWORD}
    made = await client.post("/api/v1/users", json=second, headers={"X-CSRF-Token": token})
    assert made.status_code == 201
    members = (await client.get("/api/v1/workspaces/default/members")).json()["items"]
    assert [(one["name"], one["role"]) for one in members] == [("ada", "admin")]


async def test_single_stays_single_and_a_wrong_key_is_still_wrong(settle: Open) -> None:
    place = settle(openness=Openness.SINGLE)
    async with place.client(None) as client:
        assert (await client.get(ME)).json()["kind"] == "local"
        # Another scheme is of a proxy in between.
        assert (await client.get(ME, headers={"Authorization": "Basic abc"})).json()["kind"] == "local"
        assert (await client.get(ME, headers={"Authorization": "Bearer sl_wrong"})).status_code == 401
    async with place.client("viewer") as client:
        assert (await client.get(ME)).json()["role"] == "viewer"


async def test_anyone_may_draw_where_that_is_said_and_no_more(serve: Serve) -> None:
    async with connected(serve(openness=Openness.ANYONE)) as client:
        assert (await client.post(GENERATIONS, json={"prompt": "a", "steps": 1})).status_code == 202
        assert (await client.get(KEYS)).status_code == 403
        assert (await client.post("/api/v1/models", json={"source": "x"})).status_code == 403


async def test_what_needs_nobody_answers_everybody(settle: Open) -> None:
    async with settle().client(None) as client:
        for path in ("/health", "/ready", "/openapi.json", "/"):
            assert (await client.get(path)).status_code == 200
        assert (await client.get("/api/v1/nothing")).status_code == 404


async def test_a_name_that_is_not_the_servers_is_refused(serve: Serve) -> None:
    """DNS rebinding: a page of evil.example whose name leads here."""
    server = serve(site=Site(hosts=("localhost", "127.0.0.1", "[::1]")))
    port = server.url.rpartition(":")[2]
    async with connected(server) as client:
        for path in ("/", "/openapi.json", ME):
            refused = await client.get(path, headers={"Host": f"evil.example:{port}"})
            assert refused.status_code == 403 and refused.json()["code"] == "foreign"
            for own in ("localhost", f"LOCALHOST:{port}", f"[::1]:{port}"):
                assert (await client.get(path, headers={"Host": own})).status_code == 200


@pytest.mark.parametrize("said", [{"Origin": ELSEWHERE}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}])
async def test_a_page_of_another_site_changes_nothing(client: httpx2.AsyncClient, said: dict[str, str]) -> None:
    for method, path in (("POST", GENERATIONS), ("DELETE", "/api/v1/pictures/x"), ("POST", SESSION)):
        assert (await client.request(method, path, headers=said, json={})).status_code == 403
    assert (await client.get(GENERATIONS)).json()["items"] == []


async def test_pages_of_allowed_origins_may_use_a_key(settle: Open) -> None:
    place = settle(site=Site(origins=(ELSEWHERE,)))
    asks = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "POST"}
    asks["Access-Control-Request-Headers"] = "authorization,content-type"
    async with place.client(None) as client:
        leave = await client.options(GENERATIONS, headers=asks)
        assert leave.headers["access-control-allow-origin"] == ELSEWHERE
        assert "access-control-allow-credentials" not in leave.headers
        denied = await client.options(GENERATIONS, headers={**asks, "Origin": "https://other.example"})
        assert "access-control-allow-origin" not in denied.headers
    async with place.client("creator") as client:
        drawn = await client.post(GENERATIONS, json={"prompt": "a", "steps": 1}, headers={"Origin": ELSEWHERE})
        assert drawn.status_code == 202 and "Location" in drawn.headers["access-control-expose-headers"]


async def test_a_session_is_a_cookie_and_a_header_that_other_sites_cannot_know(settle: Open) -> None:
    place = settle()
    async with place.client(None) as client:
        answer = await client.post(SESSION, json={"user": "ada", "password": PASSWORD})
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie
        me = (await client.get(ME)).json()
        assert (me["kind"], me["name"], me["role"], me["workspace"]) == ("user", "ada", "creator", place.ids["here"])
        assert me == answer.json()
        recipe = {"prompt": "a", "steps": 1}
        for wrong in ({}, {"X-CSRF-Token": "x"}):
            assert (await client.post(GENERATIONS, json=recipe, headers=wrong)).status_code == 403
            assert (await client.delete(SESSION, headers=wrong)).status_code == 403
        own = {"X-CSRF-Token": me["csrf_token"]}
        assert (await client.post(GENERATIONS, json=recipe, headers=own)).status_code == 202
        assert (await client.post(GENERATIONS, json=recipe, headers={**own, "Origin": ELSEWHERE})).status_code == 403
        kept = f"safelight_session={client.cookies['safelight_session']}"
        assert (await client.delete(SESSION, headers=own)).status_code == 204
        assert (await client.get(ME)).status_code == 401
        assert (await client.get(ME, headers={"Cookie": kept})).status_code == 401


async def test_a_session_ends_with_what_it_was_begun_with(settle: Open) -> None:
    place = settle()
    async with place.client("keeper") as keeper, place.client(None) as ada, place.client(None) as bearer:
        made = (await keeper.post(KEYS, json={"name": "short", "workspace": "here"})).json()
        await ada.post(SESSION, json={"user": "ada", "password": PASSWORD})
        await bearer.post(SESSION, json={"key": made["secret"]})
        assert [(await one.get(ME)).status_code for one in (ada, bearer)] == [200, 200]
        members = f"/api/v1/workspaces/{place.ids['here']}/members"
        assert [one["name"] for one in (await keeper.get(members)).json()["items"]] == ["ada"]
        assert (await keeper.put(f"{members}/{place.ids['user']}", json={"role": "viewer"})).status_code == 200
        assert (await ada.get(ME)).json()["role"] == "viewer"
        assert (await keeper.delete(f"{members}/{place.ids['user']}")).status_code == 204
        assert (await keeper.delete(f"{KEYS}/{made['key']['id']}")).status_code == 204
        assert [(await one.get(ME)).status_code for one in (ada, bearer)] == [401, 401]
        wrong = {"user": "ada", "password": PASSWORD}
        assert (await ada.post(SESSION, json=wrong)).status_code == 401


@pytest.mark.parametrize(
    "wish", [{}, {"key": "sl_x", "user": "a", "password": "b"}, {"user": "ada"}, {"password": PASSWORD}, {"key": 5}]
)
async def test_a_sign_in_is_one_or_the_other(client: httpx2.AsyncClient, wish: dict[str, object]) -> None:
    assert (await client.post(SESSION, json=wish)).status_code == 422


@pytest.mark.parametrize(("trusted", "secure"), [(("127.0.0.1",), True), ((), False)])
async def test_only_a_trusted_proxy_says_that_it_is_https(settle: Open, trusted: tuple[str, ...], secure: bool) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    async with settle(trusted_proxies=trusted).client(None) as client:
        answer = await client.post(SESSION, json={"user": "ada", "password": PASSWORD}, headers=forwarded)
        assert ("secure" in answer.headers["set-cookie"].lower()) is secure


async def test_admins_look_after_their_own_and_the_log_remembers(settle: Open) -> None:
    place = settle()
    async with place.client("admin") as admin:
        made = (await admin.post(KEYS, json={"name": "bot", "role": "viewer"})).json()["key"]
        assert made["workspace"] == place.ids["here"]
        refused = await admin.post(KEYS, json={"name": "spy", "workspace": "elsewhere"})
        assert refused.status_code == 404
        beyond = await admin.post(KEYS, json={"name": "odd", "role": "viewer", "scopes": ["create"]})
        assert beyond.status_code == 403
        past = await admin.post(KEYS, json={"name": "old", "expires_at": "2020-01-01T00:00:00Z"})
        assert past.status_code == 422
        await admin.delete(f"{KEYS}/{made['id']}")
        deeds = (await admin.get("/api/v1/audit")).json()["items"]
        assert [deed["action"] for deed in deeds[:2]] == ["key.revoked", "key.created"]
        assert deeds[0]["actor"].startswith("key_") and deeds[0]["address"] == "127.0.0.1"
    async with place.client("keeper") as keeper:
        user = (await keeper.post("/api/v1/users", json={"name": "bob", "password": PASSWORD})).json()
        assert (await keeper.post("/api/v1/users", json={"name": "bob", "password": PASSWORD})).status_code == 409
        assert (await keeper.post("/api/v1/users", json={"name": "eve", "password": "short"})).status_code == 422
        assert {one["name"] for one in (await keeper.get("/api/v1/users")).json()["items"]} == {"ada", "bob"}
        password = f"/api/v1/users/{place.ids['user']}/password"
        async with place.client(None) as ada:
            await ada.post(SESSION, json={"user": "ada", "password": PASSWORD})
            assert (await keeper.put(password, json={"password": PASSWORD[::-1]})).status_code == 204
            assert (await ada.get(ME)).status_code == 401
            assert (await ada.post(SESSION, json={"user": "ada", "password": PASSWORD})).status_code == 401
            assert (await ada.post(SESSION, json={"user": "ada", "password": PASSWORD[::-1]})).status_code == 200
        assert (await keeper.delete(f"/api/v1/users/{user['id']}")).status_code == 204
        space = (await keeper.post("/api/v1/workspaces", json={"name": "new"})).json()
        assert (await keeper.delete(f"/api/v1/workspaces/{space['id']}")).status_code == 204
        assert (await keeper.delete("/api/v1/workspaces/default")).status_code == 409
        actions = [deed["action"] for deed in (await keeper.get("/api/v1/audit")).json()["items"]]
        assert actions[:3] == ["workspace.removed", "workspace.created", "user.removed"]
        assert actions[3:5] == ["user.password", "user.created"]


async def test_a_nul_is_nobodys_name(settle: Open) -> None:
    async with settle().client("keeper") as client:
        for path in ("/api/v1/workspaces/%00/members", f"{GENERATIONS}/%00", "/api/v1/keys?cursor=%00"):
            assert (await client.get(path)).status_code in (404, 422)
        for wish in ({"name": "a\0b"}, {"name": "a", "workspace": "\0"}, {"name": "  "}, {"name": "a\nb"}):
            assert (await client.post(KEYS, json=wish)).status_code == 422


async def test_a_key_may_always_ask_who_it_is(settle: Open) -> None:
    place = settle()
    async with place.client("keeper") as client:
        wish = {"name": "writes only", "role": "creator", "scopes": ["create"]}
        secret = (await client.post(KEYS, json=wish)).json()["secret"]
        shown = {"X-API-Key": secret, "Authorization": "Basic of-a-proxy"}
    async with place.client(None, headers=shown) as client:
        assert (await client.get(ME)).json()["scopes"] == ["create"]
        assert (await client.get(GENERATIONS)).status_code == 403


async def test_a_workspace_with_something_in_it_stays(settle: Open) -> None:
    place = settle()
    async with place.client("creator") as creator, place.client("keeper") as keeper:
        await creator.post(GENERATIONS, json={"prompt": "a", "steps": 1})
        assert (await keeper.delete(f"/api/v1/workspaces/{place.ids['here']}")).status_code == 409


def tokens(**more: Any) -> Tokens:
    given: dict[str, Any] = {"secret": SecretStr(SECRET), "jwks": None, "issuer": "us", "audience": "safelight"}
    return Tokens(**{**given, **more})


def signed(key: Any = None, *, header: dict[str, Any] | None = None, **claims: Any) -> dict[str, str]:
    said = {"iss": "us", "aud": "safelight", "sub": "u1", "exp": time.time() + 60, "role": "creator"} | claims
    said = {name: value for name, value in said.items() if value is not None}
    text = jwt.encode(header or {"alg": "HS256"}, said, key or OctKey.import_key(SECRET))
    return {"Authorization": f"Bearer {text}"}


async def test_a_token_says_who_what_and_where(settle: Open) -> None:
    place = settle(tokens=tokens())
    async with place.client(None) as client:
        me = (await client.get(ME, headers=signed(workspace="here", name="Ada"))).json()
        assert (me["kind"], me["name"], me["role"]) == ("token", "Ada", "creator")
        assert me["workspace"] == place.ids["here"]
        assert (await client.get(ME, headers=signed(role=None))).json()["role"] == "viewer"
        bad = [signed(exp=time.time() - 90), signed(exp=None), signed(sub=None), signed(iss="them"), signed(aud="them")]
        bad += [signed(role="king"), signed(workspace="nowhere"), signed(OctKey.import_key(SECRET[::-1]))]
        bad += [{"Authorization": "Bearer a.b.c"}, {"Authorization": "Bearer"}]
        for headers in bad:
            assert (await client.get(ME, headers=headers)).status_code == 401
        # A key still is one.
        assert (await client.get(ME, headers={"X-API-Key": place.keys["viewer"]})).json()["kind"] == "key"


async def test_tokens_of_public_keys_and_new_ones_that_come_later(settle: Open, tmp_path: Path) -> None:
    first, second = (ECKey.generate_key("P-256", {"kid": name}, private=True) for name in ("one", "two"))
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(KeySet([first]).as_dict(private=False)))
    reader = tokens(secret=None, jwks=str(file))
    async with settle(tokens=reader).client(None) as client:
        one = signed(first, header={"alg": "ES256", "kid": "one"})
        two = signed(second, header={"alg": "ES256", "kid": "two"})
        assert (await client.get(ME, headers=one)).status_code == 200
        assert (await client.get(ME, headers=two)).status_code == 401
        # A public key is no shared secret, whatever a token says.
        public = OctKey.import_key(str(first.as_dict(private=False)))
        assert (await client.get(ME, headers=signed(public, header={"alg": "HS256", "kid": "one"}))).status_code == 401
        file.write_text(json.dumps(KeySet([first, second]).as_dict(private=False)))
        assert reader._keys is not None
        reader._keys._fetched_at -= 3600
        assert (await client.get(ME, headers=two)).status_code == 200


async def test_keys_that_cannot_be_had_are_nobodys_fault(settle: Open, tmp_path: Path) -> None:
    async with settle(tokens=tokens(secret=None, jwks=str(tmp_path / "none.json"))).client(None) as client:
        assert (await client.get(ME, headers=signed())).status_code == 503


async def test_no_secret_is_told_to_anyone(settle: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    place = settle(tokens=tokens())
    said: list[str] = []
    expired_token = signed(exp=time.time() - 90)["Authorization"].partition(" ")[2]
    secrets = [*place.keys.values(), PASSWORD, expired_token, "sl_made-up-but-secret", SECRET]
    async with place.client(None) as client:
        for secret in secrets:
            for headers in ({"Authorization": f"Bearer {secret}"}, {"X-API-Key": secret}):
                for path in (ME, KEYS, GENERATIONS, f"{GENERATIONS}/x/events", "/api/v1/audit", "/api/v1/users"):
                    said.append((await client.get(path, headers=headers)).text)
            for wish in ({"key": secret}, {"user": secret, "pasword": secret}, {"key": [secret]}):
                said.append((await client.post(SESSION, json=wish)).text)
                client.cookies.clear()
        for password in (PASSWORD, PASSWORD[::-1]):
            said.append((await client.post(SESSION, json={"user": "ada", "password": password})).text)
            secrets += [password, *client.cookies.values()]
            client.cookies.clear()
        ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
        server_side = "".join(ours) + (place.server.plan.home / "safelight.db").read_bytes().decode("latin1")
    for secret in secrets:
        assert not [text for text in said if secret in text]
        assert secret not in server_side
