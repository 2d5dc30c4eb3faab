"""What every answer carries: security headers, and a problem document instead of a crash."""

import logging

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safelight.domain.errors import Foreign
from safelight.web.origin import check_host
from safelight.web.problems import answer, unexpected
from safelight.web.rooms import Site

log = logging.getLogger(__name__)

POLICY = "Content-Security-Policy"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
MORE = "more_headers"
"""Where in a request's state other headers may be left for its answer, whatever becomes of it."""


def policy(*, pictures_from: str | None = None, nonce: str | None = None) -> str:
    """What a page may load.

    Args:
        pictures_from: scheme and host besides this server's that it may show pictures from.
        nonce: lets its parts bring styles of their own, where they know it; it was made for this answer.
    """
    images = "" if pictures_from is None else f" {pictures_from}"
    styles = "" if nonce is None else f" 'nonce-{nonce}'"
    return "; ".join(
        (
            "default-src 'self'",
            f"img-src 'self'{images} data: blob:",
            "media-src blob:",  # a time-lapse that the page made
            # The studio's service worker passes pictures on, also those that the server sends elsewhere for.
            f"connect-src 'self'{images}",
            f"style-src 'self'{styles}",
            "font-src 'self' data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class Envelope:
    def __init__(self, app: ASGIApp, *, site: Site) -> None:
        self._app = app
        self._hosts = site.hosts
        self._headers = {POLICY: policy(pictures_from=site.pictures_from), **HEADERS}

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
                for name, value in {**self._headers, **scope["state"].get(MORE, {})}.items():
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
