"""Reading one image from a request: the file itself as the body, or a form with it."""

from collections.abc import AsyncGenerator
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from safelight.domain.errors import Malformed, WrongContentType
from safelight.web.body import content_type, read_body
from safelight.web.origin import check_origin

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
IMAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in KINDS}, "description": "The picture."},
    307: {"description": "It is fetched from the bucket or the content delivery network that `Location` leads to."},
}


async def uploaded(request: Request, *, limit: int) -> bytes:
    """The image that was sent.

    Args:
        limit: bytes that the body may have.

    Raises:
        Foreign, WrongContentType, TooLarge, Malformed: nothing was read.
    """
    check_origin(request)
    kind = content_type(request)
    if kind not in (*KINDS, FORM):
        raise WrongContentType(
            f"A body of the type '{kind[:80]}' is not read here.",
            hint=f"Send {', '.join(KINDS)}, or a form with a file.",
        )
    body = await read_body(request, limit=limit)
    return await _file(request, body) if kind == FORM else body


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
