"""Finished pictures, one by one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from safelight.domain.credentials import Credentials, Metadata
from safelight.domain.gallery import Change, NewShareLink, ShareWish
from safelight.domain.links import API
from safelight.domain.model_card import ModelState
from safelight.domain.picture import PictureRecipe, PictureRecord
from safelight.store.handing_out import credentials_of, handed_out
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.body import body_of, sent
from safelight.web.generations import immutable
from safelight.web.rooms import House
from safelight.web.saving import disposition
from safelight.web.upload import BODY, IMAGE, uploaded

router = APIRouter(prefix=f"{API}/pictures", tags=["pictures"], responses=problems.RESPONSES)

Id = Annotated[str, Path(max_length=100)]


@router.post("", status_code=201, openapi_extra=BODY)
async def imported(request: Request, house: House, access: Caller) -> PictureRecord:
    """Take in a picture that was made elsewhere: PNG, JPEG or WebP as the body, or a form with one file. It is kept
    byte for byte. What AUTOMATIC1111, ComfyUI, InvokeAI or another Safelight noted inside of it becomes its recipe, and
    what has no place in a recipe its notes."""
    data = await uploaded(request, limit=house.images_limit)
    providers = house.runner.providers
    models = {card.id for card in providers.models() if card.state is not ModelState.ABSENT}
    adapters = {card.id for card in providers.adapters()}
    return await house.runner.pictures.take_in(
        data, workspace=access.workspace, caller=access.caller, known=models | adapters
    )


@router.get("/{picture}")
async def shown(picture: Id, house: House, access: Caller) -> PictureRecord:
    """One picture and everything that is known about it, also when it is in the trash."""
    return await house.runner.pictures.get(picture, workspace=access.workspace)


@router.patch("/{picture}", openapi_extra=sent("PictureChange"))
async def changed(
    picture: Id,
    house: House,
    access: Caller,
    change: Annotated[Change, Depends(body_of(Change, what="a change"))],
) -> PictureRecord:
    """Set its tags, its folder, or whether it is a favourite. What is left out stays."""
    return await house.gallery.change(picture, change, workspace=access.workspace)


@router.get("/{picture}/file", response_class=Response, responses=IMAGE)
async def file(
    picture: Id,
    house: House,
    access: Caller,
    request: Request,
    download: Annotated[bool, Query(description="Save it instead of showing it.")] = False,
    metadata: Annotated[
        Metadata,
        Query(
            description="`keep`: the file as it is kept, with its recipe inside. `strip`: pixels and colours alone. "
            "`credentials`: those and content credentials, where this server signs any."
        ),
    ] = Metadata.KEEP,
) -> Response:
    """The picture itself; or where it can be had for a while."""
    pictures, workspace = house.runner.pictures, access.workspace
    if metadata is not Metadata.KEEP:
        bare = await handed_out(pictures, picture, metadata, workspace=workspace)
        # The name that it is kept under has words of the prompt in it.
        name = f"{picture}.{bare.media_type.partition('/')[2]}"
        headers = {"Cache-Control": "private, no-store", **disposition(name, download=download)}
        return Response(bare.data, media_type=bare.media_type, headers=headers)
    if not download and (link := await pictures.link(picture, workspace=workspace)):
        return _elsewhere(link)
    record = await pictures.get(picture, workspace=workspace)
    pixels = await pictures.file(picture, workspace=workspace)
    headers = disposition(record.file_name, download=download)
    return immutable(request, pixels.data, media_type=pixels.media_type, headers=headers)


@router.get("/{picture}/thumbnail", response_class=Response, responses=IMAGE)
async def thumbnail(picture: Id, house: House, access: Caller, request: Request) -> Response:
    """A small form of it, at most 256 pixels wide and high; or where it can be had for a while."""
    if link := await house.runner.pictures.link(picture, workspace=access.workspace, small=True):
        return _elsewhere(link)
    pixels = await house.runner.pictures.thumbnail(picture, workspace=access.workspace)
    return immutable(request, pixels.data, media_type=pixels.media_type)


@router.get("/{picture}/recipe")
async def recipe(picture: Id, house: House, access: Caller) -> PictureRecipe:
    """The recipe that draws this picture again; for an imported one, with a list of what could not be carried over."""
    record = await house.runner.pictures.get(picture, workspace=access.workspace)
    return PictureRecipe(origin=record.origin, recipe=record.recipe, notes=record.notes)


@router.get("/{picture}/credentials")
async def credentials(picture: Id, house: House, access: Caller) -> Credentials:
    """What a C2PA validator says of the file: who signed it, what was done to it, and whether that holds."""
    return await credentials_of(house.runner.pictures, picture, workspace=access.workspace)


@router.delete("/{picture}", status_code=204, response_class=Response)
async def deleted(
    picture: Id,
    house: House,
    access: Caller,
    forever: Annotated[bool, Query(description="At once and for good, instead of into the trash.")] = False,
) -> Response:
    """Put it into the trash, from which it can be restored for a while. Nothing happens when it is not there."""
    if forever:
        await house.runner.pictures.delete(picture, workspace=access.workspace)
    else:
        await house.gallery.discard(picture, workspace=access.workspace)
    return Response(status_code=204)


@router.post("/{picture}/share", status_code=201, openapi_extra=sent("ShareWish"))
async def shared(
    picture: Id,
    house: House,
    access: Caller,
    wish: Annotated[ShareWish, Depends(body_of(ShareWish, what="a share link"))],
) -> NewShareLink:
    """Make a link under which whoever has it sees this picture. Its address is told only now."""
    return await house.shares.make(picture, wish, workspace=access.workspace, caller=access.caller)


def _elsewhere(link: str) -> Response:
    # Not kept: the address holds for a while only, and whoever may not ask any more must not find it either.
    return RedirectResponse(link, status_code=307, headers={"Cache-Control": "no-store"})
