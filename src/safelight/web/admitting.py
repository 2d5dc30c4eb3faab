"""Who calls, and may they? Asked before every route, by the app itself; routes are handed the answer as `Caller`."""

from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from safelight.accounts import secrets
from safelight.accounts.limits import Bucket, TooOften
from safelight.domain.access import Access, Kind
from safelight.domain.errors import Forbidden, Unauthenticated
from safelight.web.envelope import MORE
from safelight.web.origin import check_origin
from safelight.web.permissions import RULES, WS, Open
from safelight.web.rooms import House

COOKIE = "safelight_session"
CSRF = "X-CSRF-Token"
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody, and how they were recognised.

    Attributes:
        session: the secret of their session.
        basic: by a key that was sent as a password, which browsers remember.
    """

    access: Access
    session: str | None = None
    basic: bool = False

    @property
    def by_browser(self) -> bool:
        """Whether a browser would send along what they were recognised by, whichever page asks."""
        return self.basic or self.session is not None or self.access.kind in (Kind.LOCAL, Kind.ANONYMOUS)


async def admit(connection: HTTPConnection, house: House) -> Visitor | None:
    """Who it is; None where a route is for everybody, known or not.

    Raises:
        Unauthenticated: it takes somebody who is known.
        Forbidden: they may not do this.
        Foreign: a page of another site asks in their name.
        LimitReached: they have asked too often.
    """
    method = str(connection.scope.get("method", WS))
    path = getattr(connection.scope.get("route"), "path", "")
    if (method, path) not in RULES:
        raise Forbidden("This route answers nobody.", hint="It is missing in the table of permissions.")
    rule = RULES[method, path]
    if isinstance(rule, Open):
        if method not in SAFE:
            check_origin(connection)
        await _count(connection, house, rule.bucket, f"address {address_of(connection)}")
        return None
    if rule.own_token and house.metrics_token and secrets.same(_shown(connection) or "", house.metrics_token):
        return None
    visitor = await _visitor(connection, house, placeholders=rule.placeholders)
    if visitor.by_browser and (rule.acts or method not in SAFE):
        check_origin(connection)
        if visitor.session is not None and method not in (*SAFE, WS):
            check_csrf(connection, visitor.session)
    rule.check(visitor.access)
    if visitor.access.limited:
        await _count(connection, house, rule.bucket, visitor.access.caller)
    return visitor


def known(visitor: Annotated[Visitor | None, Depends(admit)]) -> Visitor:
    """Raises Forbidden where a route that is for everybody asks who it is."""
    if visitor is None:
        raise Forbidden("This route is for everybody, and knows nobody.", hint="Its permissions are wrong.")
    return visitor


def access_of(visitor: Annotated[Visitor, Depends(known)]) -> Access:
    return visitor.access


def session_of(visitor: Annotated[Visitor, Depends(known)]) -> str | None:
    return visitor.session


Caller = Annotated[Access, Depends(access_of)]
CallersSession = Annotated[str | None, Depends(session_of)]
"""The secret of the session that the caller was recognised by."""


def check_csrf(connection: HTTPConnection, session: str) -> None:
    """Raises Forbidden where a cookie comes without what only the server's own pages can read."""
    if not secrets.same(connection.headers.get(CSRF, ""), secrets.csrf(session)):
        raise Forbidden(
            f"A request with a session needs the header {CSRF}.", hint="GET /api/v1/me says what has to be in it."
        )


def address_of(connection: HTTPConnection) -> str:
    """Where it comes from; behind a proxy that is trusted, where that says."""
    return connection.client.host if connection.client else ""


def _shown(connection: HTTPConnection) -> str | None:
    """The key or token of a request. Other schemes are of a proxy in between, and none of our business."""
    scheme, _, credential = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credential.strip()
    return connection.headers.get("x-api-key")


def _password(connection: HTTPConnection) -> str | None:
    """A key that was sent as the password of HTTP's basic authentication, under any name. What does not look like a key
    of ours is for a proxy in between."""
    scheme, _, credential = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, _, password = b64decode(credential, validate=True).decode().partition(":")
    except ValueError:
        return None
    return password if password.startswith(secrets.KEY) else None


async def _count(connection: HTTPConnection, house: House, bucket: Bucket | None, caller: str) -> None:
    if bucket is None:
        return
    try:
        standing = await house.door.limits.hit(bucket, caller)
    except TooOften as error:
        connection.scope["state"][MORE] = error.standing.headers()
        raise
    if standing is not None:
        connection.scope["state"][MORE] = standing.headers()


async def _visitor(connection: HTTPConnection, house: House, *, placeholders: bool) -> Visitor:
    credential = _shown(connection)
    if placeholders and house.door.tokens is None and credential and not credential.startswith(secrets.KEY):
        credential = None
    if credential is not None:
        return Visitor(access=await house.door.recognise(credential))
    if (password := _password(connection)) is not None:
        return Visitor(access=await house.door.recognise(password), basic=True)
    if session := connection.cookies.get(COOKIE):
        # A browser goes on showing a session that has ended: to the server, that is nothing.
        with suppress(Unauthenticated):
            return Visitor(access=await house.door.recall(session), session=session)
    return Visitor(access=await house.door.unannounced(address_of(connection)))
