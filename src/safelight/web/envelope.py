"""What every answer carries: security headers, and a problem document instead of a crash."""

import logging

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safelight.web.problems import unexpected

log = logging.getLogger(__name__)

POLICY = "Content-Security-Policy"
HEADERS = {
    POLICY: "; ".join(
        (
            "default-src 'self'",
            "img-src 'self' data: blob:",
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self' data:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Envelope:
    def __init__(self, app: ASGIApp, *, pictures_from: str | None = None) -> None:
        self._app = app
        self._headers = dict(HEADERS)
        if pictures_from is not None:
            images = "img-src 'self'"
            self._headers[POLICY] = HEADERS[POLICY].replace(images, f"{images} {pictures_from}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sealed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
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
