"""Pictures as answers that can be saved."""

from urllib.parse import quote

from fastapi import Request, Response

from safelight.domain.pixels import Pixels
from safelight.web.generations import immutable


def disposition(name: str, *, download: bool) -> dict[str, str]:
    """The header that says what a file is called, in any script."""
    return {"Content-Disposition": f"{'attachment' if download else 'inline'}; filename*=UTF-8''{quote(name)}"}


def file_answer(request: Request, pixels: Pixels, *, name: str, download: bool) -> Response:
    headers = disposition(name, download=download)
    return immutable(request, pixels.data, media_type=pixels.media_type, headers=headers)
