"""Whether a request comes from a page of another site.

A browser sends other sites' pages along with what it knows of this one, so what such a page may send without being
asked (forms, WebSockets) has to be looked at here. Programs that are no browser send neither header.
"""

from starlette.requests import HTTPConnection

from safelight.domain.errors import Foreign

OWN = ("same-origin", "none")


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
