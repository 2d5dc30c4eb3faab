"""Whether a request comes from a page of another site.

A browser sends other sites' pages along with what it knows of this one, so what such a page may send without being
asked (forms, WebSockets) has to be looked at here. Programs that are no browser send neither header.
"""

import re
from collections.abc import Sequence

from starlette.requests import HTTPConnection

from safelight.domain.errors import Foreign

OWN = ("same-origin", "none")
_PORT = re.compile(r":\d+$")


def check_host(request: HTTPConnection, allowed: Sequence[str]) -> None:
    """Raises Foreign where the server is asked for under a name that is not its own.

    A page of another site can have its own name lead to this machine (DNS rebinding), and is then no page of another
    site to the browser. The name it asks for still tells.

    Args:
        allowed: names without ports; none for any.
    """
    name = _PORT.sub("", request.headers.get("host", "")).lower()
    if allowed and name not in allowed:
        raise Foreign(
            "The server is not known under the name that was asked for.",
            hint="Add it to SAFELIGHT_ALLOWED_HOSTS if it is one of its own.",
        )


def check_origin(request: HTTPConnection) -> None:
    """Raises Foreign where a page of another site sent it."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        own = site in OWN
    else:
        own = origin is None or origin.partition("://")[2] == request.headers.get("host")
    if not own:
        raise Foreign(
            "A page of another site asked for this.", hint="Send it from the studio, or from a program of your own."
        )
