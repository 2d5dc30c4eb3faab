"""Signing in and out with a browser, and who one is."""

from datetime import timedelta
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, SecretStr, model_validator

from safelight.accounts import secrets
from safelight.domain.access import Access, Kind, Name, Role, Scope
from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.domain.privacy import Consent
from safelight.web import problems
from safelight.web.admitting import COOKIE, Caller, CallersSession, address_of, check_csrf
from safelight.web.body import body_of, sent
from safelight.web.rooms import House, Rooms

router = APIRouter(prefix=API, tags=["access"], responses=problems.RESPONSES)


class SignIn(Frozen):
    """A key; or the name of a user, with the password."""

    key: SecretStr | None = Field(default=None, max_length=200)
    user: Name | None = None
    password: SecretStr | None = Field(default=None, max_length=1000)
    workspace: Name | None = None
    """Where to, by id or name, for those who are in several; left out, the first."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.key is None) == (self.user is None) or (self.user is None) != (self.password is None):
            raise ValueError("needs a key, or a user and a password")
        return self


class Me(Frozen):
    """On whose behalf this request was made."""

    kind: Kind
    name: str
    workspace: str
    role: Role
    scopes: tuple[Scope, ...]
    csrf_token: str | None
    """What a page that is signed in has to send as `X-CSRF-Token` with everything but GET."""
    consent: Consent | None
    """What everybody who uses this server is asked to agree to; POST /api/v1/me/consent does."""


@router.post(
    "/session",
    openapi_extra=sent("SignIn"),
)
async def signed_in(
    request: Request,
    response: Response,
    house: House,
    wanted: Annotated[SignIn, Depends(body_of(SignIn, what="a sign-in"))],
) -> Me:
    """Sign in. The session is a cookie that no page can read."""
    address = address_of(request)
    if wanted.key is not None:
        secret, access = await house.door.sign_in_with_key(wanted.key.get_secret_value(), address=address)
    else:
        assert wanted.user is not None and wanted.password is not None, "the model sees to it"
        secret, access = await house.door.sign_in(
            user=wanted.user,
            password=wanted.password.get_secret_value(),
            workspace=wanted.workspace,
            address=address,
        )
    keep_session(request, response, secret, house=house)
    response.headers["Cache-Control"] = "no-store"
    return _me(access, session=secret, consent=await house.privacy.consent(access))


@router.delete("/session", status_code=204, response_class=Response)
async def signed_out(request: Request, house: House) -> Response:
    """Sign out. Nothing happens to whoever is not signed in."""
    response = Response(status_code=204)
    if session := request.cookies.get(COOKIE):
        check_csrf(request, session)
        await house.door.sign_out(session)
        response.delete_cookie(COOKIE, **attributes(request))
    return response


@router.get("/me")
async def me(response: Response, house: House, access: Caller, session: CallersSession) -> Me:
    """Who you are here, and what you may do."""
    response.headers["Cache-Control"] = "no-store"
    return _me(access, session=session, consent=await house.privacy.consent(access))


def keep_session(request: Request, response: Response, secret: str, *, house: Rooms) -> None:
    """Have a browser keep a session."""
    lasts = round(house.door.session_for / timedelta(seconds=1))
    response.set_cookie(COOKIE, secret, **attributes(request), max_age=lasts)


def attributes(request: Request) -> dict[str, Any]:
    """Of a cookie that no page can read."""
    return {"httponly": True, "samesite": "lax", "secure": request.url.scheme == "https", "path": "/"}


def _me(access: Access, *, session: str | None, consent: Consent | None) -> Me:
    return Me(
        kind=access.kind,
        name=access.name,
        workspace=access.workspace,
        role=access.role,
        scopes=tuple(sorted(access.scopes)),
        csrf_token=None if session is None else secrets.csrf(session),
        consent=consent,
    )
