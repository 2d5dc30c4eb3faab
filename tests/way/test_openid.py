"""Signing in at a provider of OpenID Connect, all the way there and back."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from safelight.accounts.oidc import OpenId
from safelight.domain.access import Openness, Role
from safelight.domain.errors import Misconfigured
from safelight.settings import Settings
from tests.openid import ADA, CLIENT, SECRET, Provider, made_key, serving
from tests.way.house import Plan, Running, running

ME, BEGIN = "/api/v1/me", "/api/v1/session/oidc"
BACK = f"{BEGIN}/callback"
Open = Callable[..., Running]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with serving() as provider:
        yield provider


@pytest.fixture(autouse=True)
def honest(provider: Provider) -> None:
    provider.claims, provider.lies, provider.discovery = ADA, {}, {}
    provider.refuses = provider.fails = provider.signs_with = None


@pytest.fixture(scope="module")
def server(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(provider, tmp_path_factory.mktemp("home")) as server:
        yield server


@contextmanager
def started(provider: Provider, home: Path, *, secret: str | None = SECRET, **rules: Any) -> Iterator[Running]:
    given = None if secret is None else SecretStr(secret)
    openid = OpenId(issuer=provider.url, client_id=CLIENT, client_secret=given, scopes=("openid", "email"))
    with running(Plan(home=home, openness=Openness.KEYS, openid=openid, oidc=rules)) as server:
        yield server


def browser(server: Running) -> httpx2.Client:
    return httpx2.Client(base_url=server.url, trust_env=False, timeout=30)


def sent_back(client: httpx2.Client, **query: str) -> str:
    """Where the provider sends a browser that has begun to sign in."""
    there = client.get(BEGIN, params=query)
    assert there.status_code == 303, there.text
    back = client.get(there.headers["location"])
    assert back.status_code == 302
    return str(back.headers["location"])


def signed_in(client: httpx2.Client, **query: str) -> httpx2.Response:
    return client.get(sent_back(client, **query))


def test_a_browser_goes_there_and_comes_back_signed_in(server: Running, provider: Provider) -> None:
    with browser(server) as client:
        assert client.get("/api/v1/session").json() == {"oidc": BEGIN}
        assert client.get(ME).status_code == 401
        there = client.get(BEGIN, params={"to": "/gallery?q=owl"})
        asked = parse_qs(urlsplit(there.headers["location"]).query)
        assert asked["redirect_uri"] == [f"{server.url}{BACK}"] and len(asked["state"][0]) > 40
        assert "HttpOnly" in there.headers["set-cookie"] and "SameSite=lax" in there.headers["set-cookie"]
        back = client.get(client.get(there.headers["location"]).headers["location"])
        assert (back.status_code, back.headers["location"]) == (303, "/gallery?q=owl")
        me = client.get(ME).json()
        assert (me["kind"], me["name"], me["role"], me["workspace"]) == ("user", "ada", "viewer", "default")
        assert provider.known[-1] == "basic"
        # The session is like any other: changes take the token that only the server's own pages can read.
        assert client.put(f"{ME}/preferences", json={}).status_code == 403
        csrf = {"X-CSRF-Token": me["csrf_token"]}
        assert client.put(f"{ME}/preferences", json={}, headers=csrf).status_code == 200
        assert client.delete("/api/v1/session", headers=csrf).status_code == 204
        assert client.get(ME).status_code == 401
    with browser(server) as client:
        assert signed_in(client).status_code == 303
        assert client.get(ME).json()["name"] == "ada"


def test_the_same_name_is_somebody_else_and_a_new_key_is_looked_for(server: Running, provider: Provider) -> None:
    with browser(server) as first, browser(server) as second:
        assert signed_in(first).status_code == 303
        provider.claims = {**ADA, "sub": "2"}
        provider.rotate()
        assert signed_in(second).status_code == 303
        assert (first.get(ME).json()["name"], second.get(ME).json()["name"]) == ("ada", "ada (2)")


def test_a_state_is_good_once_in_one_browser(server: Running) -> None:
    with browser(server) as client, browser(server) as other:
        back = sent_back(client)
        stolen = other.get(back)
        assert stolen.status_code == 401 and stolen.json()["hint"].startswith("Begin again")
        # Whoever tries it elsewhere has used it up.
        assert client.get(back).status_code == 401
        back = sent_back(client)
        assert client.get(back).status_code == 303
        replayed = client.get(back)
        assert replayed.status_code == 401 and "over" in replayed.json()["detail"]
        made_up = client.get(BACK, params={"code": "x", "state": "y"})
        assert made_up.status_code == 401 and other.get(ME).status_code == 401
        begun = sent_back(client)
        query = {name: values[0] for name, values in parse_qs(urlsplit(begun).query).items()}
        refused = client.get(BACK, params={**query, "code": "another"})
        assert refused.status_code == 401 and "invalid_grant" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("lies", "fault"),
    [
        ({"nonce": "another"}, "answers another sign-in"),
        ({"nonce": None}, "MissingClaimError"),
        ({"exp": int(time.time()) - 3600}, "ExpiredTokenError"),
        ({"aud": "somebody else"}, "InvalidClaimError"),
        ({"aud": [CLIENT, "other"], "azp": "other"}, "made for another program"),
        ({"iss": "https://evil.example"}, "InvalidClaimError"),
        ({"sub": None}, "MissingClaimError"),
        ({"sub": ""}, ""),
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    server: Running, provider: Provider, lies: Mapping[str, Any], fault: str
) -> None:
    provider.lies = lies
    with browser(server) as client:
        refused = signed_in(client)
        assert refused.status_code == 401 and fault in refused.json()["detail"], refused.text
        assert client.get(ME).status_code == 401


def test_a_token_that_somebody_else_has_signed_is_refused(server: Running, provider: Provider) -> None:
    provider.signs_with = made_key()
    with browser(server) as client:
        refused = signed_in(client)
        assert refused.status_code == 401 and "not valid" in refused.json()["detail"]


def test_what_the_provider_refuses_or_cannot_do_is_told(server: Running, provider: Provider) -> None:
    with browser(server) as client:
        provider.refuses = "access_denied"
        refused = signed_in(client)
        assert refused.status_code == 401 and "access_denied" in refused.json()["detail"]
        provider.refuses, provider.fails = None, 500
        broken = signed_in(client)
        assert broken.status_code == 503 and "status 500" in broken.json()["detail"] and broken.headers["retry-after"]


@pytest.mark.parametrize("to", ["//evil.example", "/\\evil.example", "https://evil.example", "", "gallery", "/a\nb"])
def test_nobody_is_led_away(server: Running, to: str) -> None:
    with browser(server) as client:
        assert client.get(BEGIN, params={"to": to}).status_code == 422


def test_roles_follow_a_claim_with_every_sign_in(provider: Provider, tmp_path: Path) -> None:
    roles = {"painters": Role.CREATOR, "ops": Role.ADMIN}
    rules: dict[str, Any] = {"claim": "realm_access.roles", "roles": roles, "domains": ("example.org",)}
    provider.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    with started(provider, tmp_path, **rules) as server:
        for said, role in ((["painters", "x"], "creator"), (["painters", "ops"], "admin"), ("painters", "creator")):
            provider.claims = {**ADA, "realm_access": {"roles": said}}
            with browser(server) as client:
                assert signed_in(client).status_code == 303
                assert client.get(ME).json()["role"] == role
        provider.claims = ADA
        with browser(server) as client:
            signed_in(client)
            assert client.get(ME).json()["role"] == "viewer" and provider.known[-1] == "post"
        for address in ({"email": "ada@evil.example"}, {"email_verified": False}, {"email": None}):
            provider.claims = {**ADA, "sub": "9", **address}
            with browser(server) as client:
                assert signed_in(client).status_code == 403


def test_one_without_a_secret_uses_pkce_alone_and_one_that_lies_about_itself_is_not_asked(
    provider: Provider, tmp_path: Path
) -> None:
    with started(provider, tmp_path, secret=None) as server, browser(server) as client:
        provider.discovery = {"issuer": "https://another.example"}
        away = client.get(BEGIN)
        assert away.status_code == 503 and "another issuer" in away.json()["detail"]
        provider.discovery = {"token_endpoint": None}
        assert "no token_endpoint" in client.get(BEGIN).json()["detail"]
        provider.discovery = {}
        assert signed_in(client).status_code == 303


def test_where_there_is_none_that_is_said(tmp_path: Path) -> None:
    with running(Plan(home=tmp_path)) as server, browser(server) as client:
        assert client.get("/api/v1/session").json() == {"oidc": None}
        assert client.get(BEGIN).status_code == client.get(f"{BACK}?{urlencode({'state': 'x'})}").status_code == 404


def test_the_settings_say_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"oidc_issuer": "https://id.example"}, "called there"),
        ({"oidc_issuer": "http://id.example", "oidc_client_id": "x"}, "not https"),
        ({"oidc_issuer": "https://id.example", "oidc_client_id": "x", "oidc_roles": "a=admin"}, "belong together"),
        ({"oidc_roles": "admin"}, "not a list like"),
        ({"oidc_roles": "a=boss"}, "oidc_roles"),
    ]
    for flags, fault in wrong:
        with pytest.raises(Misconfigured, match=fault):
            Settings.read(**flags)
    for name, value in {"ROLES": "a=creator, b=c=admin", "ROLE_CLAIM": "groups", "DOMAINS": "@Example.org"}.items():
        monkeypatch.setenv(f"SAFELIGHT_OIDC_{name}", value)
    read = Settings.read(oidc_issuer="https://id.example", oidc_client_id="x", oidc_scopes="email")
    assert read.oidc_roles == (("a", Role.CREATOR), ("b=c", Role.ADMIN))
    assert read.oidc_domains == ("example.org",) and read.oidc_scopes == ("openid", "email")
