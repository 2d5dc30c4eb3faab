"""Images to draw with."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from safelight.domain.images import Image
from safelight.domain.links import API
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.generations import immutable
from safelight.web.rooms import House
from safelight.web.upload import BODY, IMAGE, uploaded

router = APIRouter(prefix=f"{API}/images", tags=["images"], responses=problems.RESPONSES)


@router.post("", status_code=201, openapi_extra=BODY)
async def given(request: Request, house: House, access: Caller) -> Image:
    """Keep an image to draw with: the file itself as the body, or a form with one file. Giving it again is no second
    copy. It is kept for a day, and then for as long as a generation refers to it."""
    data = await uploaded(request, limit=house.images_limit)
    return await house.runner.inputs.keep(data, workspace=access.workspace, caller=access.caller)


@router.get("/{image}", response_class=Response, responses=IMAGE)
async def file(image: Annotated[str, Path(max_length=100)], house: House, access: Caller, request: Request) -> Response:
    """An image as it was kept. It never changes."""
    kept, data = await house.runner.inputs.get(image, workspace=access.workspace)
    return immutable(request, data, media_type=kept.media_type)
