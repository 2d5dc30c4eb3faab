"""Where a page of an earlier front end finds a picture."""

from datetime import UTC, datetime

from fastapi import Request

from safelight.domain.access import Access, Kind
from safelight.domain.gallery import ShareWish
from safelight.domain.links import picture_file_url
from safelight.web.rooms import Rooms

LINK_S = 24 * 3600
"""How long an address opens the picture where looking takes a key, which a page cannot show for an image."""
SHOWN = (Kind.KEY, Kind.TOKEN)


def absolute(path: str, request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{path}"


async def address_of(picture: str, house: Rooms, *, access: Access, request: Request, path: str | None = None) -> str:
    """An absolute address: in the bucket or the delivery network, a link that expires, or `path` on this server."""
    if link := await house.runner.pictures.link(picture, workspace=access.workspace):
        return link
    if access.kind in SHOWN:
        wish = ShareWish(expires_in=LINK_S)
        shared = await house.shares.make(picture, wish, workspace=access.workspace, caller=access.caller)
        return absolute(f"{shared.url}/file", request)
    return absolute(path or picture_file_url(picture), request)


def moment(when: datetime) -> str:
    """As `2025-10-04T23:00:00Z`."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
