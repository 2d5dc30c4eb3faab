"""Keys, and the log of who was let in by whom."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, Field, field_validator

from safelight.admission.office import Clerk
from safelight.domain.access import ApiKey, Deed, Name, Role, Scope
from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.web import problems
from safelight.web.admitting import Caller, address_of
from safelight.web.body import body_of, sent
from safelight.web.rooms import House

router = APIRouter(prefix=API, tags=["access"], responses=problems.RESPONSES)

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=500)]


class KeyWish(Frozen):
    """A key to make."""

    name: Name
    role: Role = Role.CREATOR
    scopes: tuple[Scope, ...] | None = Field(default=None, min_length=1)
    """What it may do; left out, whatever its role may."""
    workspace: Name | None = None
    """By id or name; left out, yours."""
    expires_at: AwareDatetime | None = None
    """When it ends; left out, never."""
    user: str | None = Field(default=None, max_length=64)
    """Whose it is, by the id of a user in that workspace: what is done with it is theirs, and it ends with them."""

    @field_validator("expires_at")
    @classmethod
    def _to_come(cls, value: datetime | None) -> datetime | None:
        if value is not None and value <= datetime.now(UTC):
            raise ValueError("is over already")
        return value


class NewKey(Frozen):
    """A key with its secret, which is shown this once."""

    key: ApiKey
    secret: str


class KeyList(Frozen):
    items: tuple[ApiKey, ...]
    next_cursor: str | None


class Deeds(Frozen):
    items: tuple[Deed, ...]
    next_cursor: str | None


def clerk_of(request: Request, access: Caller) -> Clerk:
    return Clerk.of(access, address=address_of(request))


ByClerk = Annotated[Clerk, Depends(clerk_of)]


@router.get("/keys")
async def listed(house: House, clerk: ByClerk, limit: Limit = 50, cursor: Cursor = None) -> KeyList:
    """Keys, newest first, without their secrets; those of your workspace, or all for those who keep the server."""
    page = await house.office.registry.keys(workspace=clerk.within, limit=limit, cursor=cursor)
    return KeyList(items=page.items, next_cursor=page.next_cursor)


@router.post(
    "/keys",
    status_code=201,
    openapi_extra=sent("KeyWish"),
)
async def created(
    house: House,
    clerk: ByClerk,
    response: Response,
    wish: Annotated[KeyWish, Depends(body_of(KeyWish, what="a key"))],
) -> NewKey:
    """Make a key. Its secret is in this answer and nowhere else."""
    response.headers["Cache-Control"] = "no-store"
    key, secret = await house.office.create_key(clerk, **dict(wish))
    return NewKey(key=key, secret=secret)


@router.delete("/keys/{key}", status_code=204, response_class=Response)
async def revoked(key: str, house: House, clerk: ByClerk) -> Response:
    """Take a key back, at once and for good. It stays in the list."""
    await house.office.revoke_key(clerk, key)
    return Response(status_code=204)


@router.get("/audit")
async def audit(house: House, clerk: ByClerk, limit: Limit = 50, cursor: Cursor = None) -> Deeds:
    """Administrative acts, newest first; those in your workspace, or all for those who keep the server."""
    page = await house.office.audit.page(workspace=clerk.within, limit=limit, cursor=cursor)
    return Deeds(items=page.items, next_cursor=page.next_cursor)
