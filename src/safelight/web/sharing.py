"""Share links: the owner's list of them, and what somebody without an account sees."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from safelight.domain.credentials import Metadata
from safelight.domain.frozen import Frozen
from safelight.domain.gallery import SharedPicture, ShareLink
from safelight.domain.links import API, share_url
from safelight.store.handing_out import handed_out
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.rooms import House
from safelight.web.saving import disposition
from safelight.web.upload import IMAGE

router = APIRouter(tags=["sharing"], responses=problems.RESPONSES)

Token = Annotated[str, Path(max_length=100)]
# The address is the secret: it goes to nobody else, neither as a referrer nor into a search engine or a shared cache.
PRIVATE = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


class ShareList(Frozen):
    items: tuple[ShareLink, ...]
    next_cursor: str | None = None


@router.get(f"{API}/shares")
async def listed(
    house: House, access: Caller, picture: Annotated[str | None, Query(max_length=100)] = None
) -> ShareList:
    """The links that are in force, newest first; their addresses are known to whoever made them alone."""
    return ShareList(items=await house.shares.listed(picture, workspace=access.workspace))


@router.delete(f"{API}/shares/{{link}}", status_code=204, response_class=Response)
async def revoked(link: Annotated[str, Path(max_length=100)], house: House, access: Caller) -> Response:
    """Revoke a link, at once. Nothing happens when it is not there."""
    await house.shares.revoke(link, workspace=access.workspace)
    return Response(status_code=204)


@router.get(share_url("{token}"))
async def seen(token: Token, house: House, response: Response) -> SharedPicture:
    """What a link shows: the picture, and its recipe where that is shared, too."""
    link, workspace = await house.shares.open(token)
    picture = await house.runner.pictures.get(link.picture, workspace=workspace)
    response.headers.update(PRIVATE)
    return SharedPicture(
        url=f"{share_url(token)}/file",
        width=picture.width,
        height=picture.height,
        media_type=picture.media_type,
        created_at=picture.created_at,
        expires_at=link.expires_at,
        recipe=picture.recipe if link.include_recipe else None,
    )


@router.get(f"{share_url('{token}')}/file", response_class=Response, responses=IMAGE)
async def file(token: Token, house: House) -> Response:
    """The shared picture. Without its recipe nothing is left in the file but pixels, colours and, where they are
    shared, content credentials."""
    link, workspace = await house.shares.open(token)
    left = Metadata.CREDENTIALS if link.include_credentials else Metadata.STRIP
    wanted = Metadata.KEEP if link.include_recipe else left
    pixels = await handed_out(house.runner.pictures, link.picture, wanted, workspace=workspace)
    name = disposition(f"picture.{pixels.media_type.partition('/')[2]}", download=False)
    headers = {**PRIVATE, **name, "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(pixels.data, media_type=pixels.media_type, headers=headers)
