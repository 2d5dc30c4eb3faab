"""Invisible marks: whose picture is this?"""

import asyncio

from fastapi import APIRouter, Request

from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.store.decoding import opened
from safelight.store.provenance import watermark
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.rooms import House
from safelight.web.upload import BODY, uploaded

router = APIRouter(prefix=f"{API}/watermarks", tags=["pictures"], responses=problems.RESPONSES)


class Watermark(Frozen):
    """What is in the pixels of an image."""

    mark: str | None
    """Eight hexadecimal digits; None where there is no mark, or none that can be read."""
    sure: float | None = None
    """How much of the picture agrees with it, from 0.5 to 1."""
    pictures: tuple[str, ...] = ()
    """Ids of the pictures that have this mark, the newest first."""


@router.post("", openapi_extra=BODY)
async def read(request: Request, house: House, access: Caller) -> Watermark:
    """Read the invisible mark of an image that was found somewhere: the file itself as the body, or a form with one
    file. It is not kept."""
    data = await uploaded(request, limit=house.images_limit)
    found = await asyncio.to_thread(_read, data)
    if found is None:
        return Watermark(mark=None)
    pictures = await house.gallery.marked(found.mark, workspace=access.workspace)
    return Watermark(mark=f"{found.mark:08x}", sure=round(found.sure, 3), pictures=pictures)


def _read(data: bytes) -> watermark.Found | None:
    """Raises UnusableImage."""
    with opened(data):
        return watermark.read(data)
