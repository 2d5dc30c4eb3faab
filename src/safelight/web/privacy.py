"""What somebody may ask of the server about themselves: everything that it keeps, or to be erased."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.domain.privacy import Consent, Erased, Preferences
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.body import body_of, sent
from safelight.web.keys import ByClerk
from safelight.web.rooms import House
from safelight.web.saving import disposition

router = APIRouter(prefix=f"{API}/me", tags=["privacy"], responses=problems.RESPONSES)

ZIP = "application/zip"
EXPORT: dict[int | str, dict[str, Any]] = {200: {"content": {ZIP: {}}, "description": "Everything of yours."}}


class Confirmation(Frozen):
    """A sign that it is meant."""

    confirm: str = Field(max_length=200)
    """Your name, as `GET /api/v1/me` says it."""


class Acknowledgement(Frozen):
    """What was read and agreed to."""

    version: str = Field(max_length=64)


@router.get("/export", response_class=Response, responses=EXPORT)
async def exported(house: House, access: Caller) -> Response:
    """Everything that is kept of you, as one zip: account, keys without their secrets, sessions, generations, batches,
    pictures, images, tags, share links, verdicts of moderation, and what the audit log has of you."""
    headers = {**disposition(f"safelight_me_{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}.zip", download=True)}
    pieces = await house.privacy.export(access)
    return StreamingResponse(pieces, media_type=ZIP, headers={**headers, "Cache-Control": "no-store"})


@router.delete("", openapi_extra=sent("Confirmation"))
async def erased(
    house: House,
    access: Caller,
    confirmation: Annotated[Confirmation, Depends(body_of(Confirmation, what="a confirmation"))],
) -> Erased:
    """Erase yourself: account, keys, sessions, generations, pictures with their files and links. There is no way back.
    An image that somebody else has given as well stays theirs, and the audit log keeps a tombstone without a name."""
    return await house.privacy.erase(access, confirmed=confirmation.confirm)


@router.get("/preferences")
async def preferences(house: House, access: Caller) -> Preferences:
    """What you have decided about yourself."""
    return await house.privacy.people.preferences(access.caller)


@router.put("/preferences", openapi_extra=sent("PreferencesInput"))
async def preferred(
    house: House,
    access: Caller,
    wish: Annotated[Preferences, Depends(body_of(Preferences, what="preferences"))],
) -> Preferences:
    """Decide about yourself."""
    return await house.privacy.prefer(access, wish)


@router.post("/consent", openapi_extra=sent("Acknowledgement"))
async def acknowledged(
    house: House,
    access: Caller,
    clerk: ByClerk,
    what: Annotated[Acknowledgement, Depends(body_of(Acknowledgement, what="an acknowledgement"))],
) -> Consent:
    """Agree to the text that `GET /api/v1/me` shows under `consent`. It is noted in the audit log."""
    return await house.privacy.acknowledge(access, clerk, version=what.version)
