"""A provider of OpenID Connect on this machine that speaks the real protocol: discovery, authorization with PKCE, token
endpoint, keys that change."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

CLIENT, SECRET = "safelight & friends", "a client's secret: ü"
ADA = {"sub": "1", "preferred_username": "ada", "email": "ada@example.org", "email_verified": True}


@dataclass
class Provider:
    """What it does may be changed while it runs.

    Attributes:
        claims: of whoever signs in next.
        lies: what the next tokens say instead of the truth; None leaves a claim out.
        refuses: what it says instead of asking who it is.
        fails: the status of its token endpoint.
        discovery: what its document says instead.
    """

    url: str = ""
    claims: Mapping[str, Any] = field(default_factory=lambda: ADA)
    lies: Mapping[str, Any] = field(default_factory=dict)
    refuses: str | None = None
    fails: int | None = None
    discovery: Mapping[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    key: ECKey = field(default_factory=lambda: made_key())
    signs_with: ECKey | None = None

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self.key = made_key()

    def document(self) -> dict[str, Any]:
        ends = {name: f"{self.url}/{path}" for name, path in ENDS.items()}
        return {"issuer": self.url, **ends, "response_types_supported": ["code"], **self.discovery}

    def authorize(self, asked: Mapping[str, str]) -> str:
        """Where it sends the browser; it takes everybody for the one in `claims`."""
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
        if self.refuses:
            return f"{asked['redirect_uri']}?{urlencode({'error': self.refuses, 'state': asked['state']})}"
        code = token_urlsafe(16)
        self.codes[code] = dict(asked)
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'session_state': 'x'})}"

    def token(self, form: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Its answer to a code. A code is worth something once."""
        if self.fails is not None:
            return self.fails, {}
        if not self._is_client(form, authorization):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        if asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if challenge.rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        truth = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **self.claims}
        claims = {name: value for name, value in {**truth, **self.lies}.items() if value is not None}
        key = self.signs_with or self.key
        return 200, {"token_type": "Bearer", "access_token": "x", "id_token": sign(claims, key)}

    def _is_client(self, form: Mapping[str, str], authorization: str) -> bool:
        if authorization.startswith("Basic "):
            self.known.append("basic")
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
            name, _, secret = pair.partition(":")
            return (unquote(name), unquote(secret)) == (CLIENT, SECRET)
        self.known.append("post")
        return (form.get("client_id"), form.get("client_secret", SECRET)) == (CLIENT, SECRET)


ENDS = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}


def made_key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": token_urlsafe(6), "alg": "ES256", "use": "sig"})


def sign(claims: Mapping[str, Any], key: ECKey) -> str:
    return jwt.encode({"alg": "ES256", "kid": key.kid}, dict(claims), key, algorithms=["ES256"])


@contextmanager
def serving() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            match place.path:
                case "/.well-known/openid-configuration":
                    self._say(200, provider.document())
                case "/keys":
                    self._say(200, dict(KeySet([provider.key]).as_dict(private=False)))
                case "/authorize":
                    asked = {name: values[0] for name, values in parse_qs(place.query).items()}
                    self.send_response(302)
                    self.send_header("Location", provider.authorize(asked))
                    self.end_headers()
                case _:
                    self._say(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._say(*provider.token(form, self.headers.get("Authorization", "")))

        def _say(self, status: int, what: Mapping[str, Any]) -> None:
            data = json.dumps(what).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
