"""What every answer carries: security headers, and a problem document instead of a crash."""

import logging
from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safelight.domain.errors import Foreign
from safelight.web.origin import check_host
from safelight.web.problems import answer, unexpected

log = logging.getLogger(__name__)

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "style-src 'self'",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
MORE = "more_headers"
"""Where in a request's state other headers may be left for its answer, whatever becomes of it."""


def policy_with(nonce: str) -> str:
    """For a page whose parts may bring styles of their own, where they know the nonce that was made for this answer."""
    return POLICY.replace("style-src 'self'", f"style-src 'self' 'nonce-{nonce}'")


class Envelope:
    """
    Args:
        hosts: names under which the server may be asked for; none for any.
    """

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str] = ()) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            check_host(HTTPConnection(scope), self._hosts)
        except Foreign as error:
            await answer(error)(scope, receive, send)
            return
        scope.setdefault("state", {})
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sealed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in {**HEADERS, **scope["state"].get(MORE, {})}.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, sealed)
        except ClientDisconnect:
            log.debug("%s %s: nobody listens any more", scope["method"], scope["path"])
        except Exception:
            # The end of a request: nothing a client sends may take the connection of others down with it.
            log.exception("%s %s broke", scope["method"], scope["path"])
            if begun:
                raise
            await unexpected()(scope, receive, sealed)
