"""Forms with files, as browsers and SDKs send them."""

from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from safelight.domain.errors import Malformed
from safelight.web.body import read_body
from safelight.web.origin import check_origin
from safelight.web.rooms import Rooms

FILES, FIELDS = 17, 64


@dataclass(frozen=True)
class Form:
    """What was sent.

    Attributes:
        fields: texts by name; of several with one name the last one.
        files: names and contents, in the order in which they came.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    files: list[tuple[str, bytes]] = field(default_factory=list)


async def form_of(request: Request, house: Rooms, *, many: Collection[str] = ()) -> Form:
    """The form in the body of a request.

    Args:
        many: fields of which there may be several; each of them becomes a tuple, without `[]` behind its name.

    Raises:
        Foreign: a page of another site sent it.
        TooLarge, Malformed: it cannot be read.
    """
    check_origin(request)
    body = await read_body(request, limit=house.images_limit)

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        parts = await MultiPartParser(request.headers, stream(), max_files=FILES, max_fields=FIELDS).parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise Malformed("The form cannot be read.", hint="curl -F image=@cat.png writes one that can.") from error
    form = Form()
    try:
        for name, part in parts.multi_items():
            plain = name.removesuffix("[]")
            if isinstance(part, UploadFile):
                form.files.append((plain, await part.read()))
            elif plain in many:
                form.fields[plain] = (*form.fields.get(plain, ()), part)
            else:
                form.fields[name] = part
    finally:
        await parts.close()
    return form
