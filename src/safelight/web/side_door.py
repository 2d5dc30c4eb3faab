"""Signing in at a provider of OpenID Connect."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from safelight.admission.side_door import PATIENCE, SideDoor
from safelight.domain.errors import InvalidRecipe, NotFound
from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.web import problems
from safelight.web.admitting import address_of
from safelight.web.rooms import House, Rooms
from safelight.web.session import attributes, keep_session

PATH = f"{API}/session"
BEGIN, BACK = f"{PATH}/oidc", f"{PATH}/oidc/callback"
COOKIE = "safelight_sign_in"
router = APIRouter(prefix=PATH, tags=["access"], responses=problems.RESPONSES)
GONE: dict[int | str, dict[str, Any]] = {303: {"description": "On to where `Location` leads."}}


class WaysIn(Frozen):
    """How one can sign in here, besides with a key or a password."""

    oidc: str | None
    """Where to send the browser; with `?to=/…` it comes back there."""


@router.get("")
async def ways_in(house: House) -> WaysIn:
    """How one can sign in here."""
    return WaysIn(oidc=BEGIN if house.side_door else None)


@router.get("/oidc", status_code=303, response_class=Response, responses=GONE)
async def begun(
    request: Request,
    house: House,
    to: Annotated[str, Query(max_length=300, description="A path of this server to come back to.")] = "/",
) -> Response:
    """Begin to sign in elsewhere: leads a browser there, from where it comes back signed in."""
    if not to.startswith("/") or to[1:2] in ("/", "\\") or not to.isprintable():
        raise InvalidRecipe(
            "Not valid: to.", hint="It is a path of this server, such as /gallery.", fields={"to": "is not a path"}
        )
    url, browser = await _offered(house).begin(back_to=_back_to(request), destination=to, address=address_of(request))
    answer = RedirectResponse(url, status_code=303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        COOKIE, browser, **{**attributes(request), "path": BEGIN}, max_age=round(PATIENCE.total_seconds())
    )
    return answer


@router.get("/oidc/callback", status_code=303, response_class=Response, responses=GONE)
async def back(
    request: Request,
    house: House,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str | None, Query(max_length=4000)] = None,
    error: Annotated[str | None, Query(max_length=100, pattern="^[a-z_]+$")] = None,
) -> Response:
    """Where the provider sends the browser back to."""
    secret, _, to = await _offered(house).finish(
        state=state,
        code=code,
        fault=error,
        browser=request.cookies.get(COOKIE),
        back_to=_back_to(request),
        address=address_of(request),
    )
    answer = RedirectResponse(
        to, status_code=303, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )
    keep_session(request, answer, secret, house=house)
    answer.delete_cookie(COOKIE, **_own(request))
    return answer


def _offered(house: Rooms) -> SideDoor:
    if house.side_door is None:
        raise NotFound(
            "One cannot sign in elsewhere here.", hint="SAFELIGHT_OIDC_ISSUER says where; or POST /api/v1/session."
        )
    return house.side_door


def _back_to(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}{BACK}"


def _own(request: Request) -> dict[str, Any]:
    """Of the cookie: no other request has to bring it."""
    return {**attributes(request), "path": BEGIN}
