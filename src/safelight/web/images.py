"""Images to draw with."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from safelight.domain.errors import Malformed, WrongContentType
from safelight.domain.images import Image
from safelight.domain.links import API
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.body import content_type, read_body
from safelight.web.generations import immutable
from safelight.web.pictures import IMAGE
from safelight.web.rooms import House

router = APIRouter(prefix=f"{API}/images", tags=["images"], responses=problems.RESPONSES)

KINDS = ("image/png", "image/jpeg", "image/webp")
FORM = "multipart/form-data"
FILE = {"type": "string", "format": "binary"}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            **{kind: {"schema": FILE} for kind in KINDS},
            FORM: {"schema": {"type": "object", "properties": {"file": FILE}, "required": ["file"]}},
        },
    }
}


@router.post("", status_code=201, openapi_extra=BODY)
async def given(request: Request, house: House, access: Caller) -> Image:
    """Keep an image to draw with: the file itself as the body, or a form with one file. Giving it again is no second
    copy. It is kept for a day, and then for as long as a generation refers to it."""
    kind = content_type(request)
    if kind not in (*KINDS, FORM):
        raise WrongContentType(
            f"A body of the type '{kind[:80]}' is not read here.",
            hint=f"Send {', '.join(KINDS)}, or a form with a file.",
        )
    body = await read_body(request, limit=house.images_limit)
    data = await _file(request, body) if kind == FORM else body
    return await house.runner.inputs.keep(data, workspace=access.workspace)


@router.get("/{image}", response_class=Response, responses=IMAGE)
async def file(image: Annotated[str, Path(max_length=100)], house: House, access: Caller, request: Request) -> Response:
    """An image as it was kept. It never changes."""
    kept, data = await house.runner.inputs.get(image, workspace=access.workspace)
    return immutable(request, data, media_type=kept.media_type)


async def _file(request: Request, body: bytes) -> bytes:
    """The first file of a form. Raises Malformed where there is none."""

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        form = await MultiPartParser(request.headers, stream(), max_files=1).parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise Malformed("The form cannot be read.", hint="curl -F file=@cat.png writes one that can.") from error
    try:
        for _, part in form.multi_items():
            if isinstance(part, UploadFile):
                return await part.read()
    finally:
        await form.close()
    raise Malformed("There is no file in the form.", hint="curl -F file=@cat.png sends one.")
