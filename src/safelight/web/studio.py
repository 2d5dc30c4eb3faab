"""The studio's files, where they were built, and one page for all of the studio's own addresses."""

import asyncio
from mimetypes import guess_type
from pathlib import Path
from secrets import token_urlsafe

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from safelight import __version__
from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.web.envelope import POLICY, policy
from safelight.web.generations import IMMUTABLE
from safelight.web.problems import on_http_error

BUILT = Path(__file__).parent.parent / "studio_dist"
PAGE = "index.html"
NONCE = "__NONCE__"
"""Stands in the page where the nonce of an answer belongs."""
PACKED = ".gz"
REFUSED = ("q=0", "q=0.0", "q=0.00", "q=0.000")
NOT_PAGES = (
    "api",
    "share",
    "v1",
    "sdapi",
    "internal",
    "health",
    "ready",
    "diagnostics",
    "metrics",
    "media",
    "mcp",
    "openapi.json",
    "assets",
)


class Root(Frozen):
    """Where to begin."""

    name: str = "Safelight"
    version: str = __version__
    api: str = API
    openapi: str = "/openapi.json"
    hint: str = "A browser gets the studio here."


NOT_BUILT = "The studio is not built: run `npm ci && npm run build` in studio/, or use the API as it is."


def install(app: FastAPI, *, built: Path, pictures_from: str | None = None) -> None:
    """Serve the studio for whatever no route answers, and say at `/` where to begin to whoever is no browser."""
    is_built = (built / PAGE).is_file()

    async def root(request: Request) -> Response:
        if is_built and _by_browser(request):
            return await asyncio.to_thread(_page, built, pictures_from)
        return JSONResponse((Root() if is_built else Root(hint=NOT_BUILT)).model_dump(), headers={"Vary": "Accept"})

    app.add_api_route("/", root, methods=["GET"], response_model=Root, tags=["health"])
    if not is_built:
        return

    async def page_or_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        path = request.url.path.strip("/")
        if request.method in ("GET", "HEAD"):
            if path != PAGE and (file := _find(built, path)):
                return _sent(file, request, cache=_cache(path))
            if path == PAGE or (_is_page(path) and _by_browser(request)):
                return await asyncio.to_thread(_page, built, pictures_from)
        return await on_http_error(request, error)

    app.add_exception_handler(404, page_or_problem)
    # A door may take POST where the studio has a page.
    app.add_exception_handler(405, page_or_problem)


def _by_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _page(built: Path, pictures_from: str | None) -> HTMLResponse:
    """The one page of the studio, with a nonce that lets its menus and dialogs bring styles of their own."""
    nonce = token_urlsafe(16)
    html = (built / PAGE).read_text(encoding="utf-8").replace(NONCE, nonce)
    headers = {"Cache-Control": "no-cache", POLICY: policy(pictures_from=pictures_from, nonce=nonce)}
    return HTMLResponse(html, headers=headers)


def _find(built: Path, path: str) -> Path | None:
    """The file of that name, and never one from outside of the studio's folder."""
    try:
        file = (built / path).resolve()
        return file if file.is_relative_to(built.resolve()) and file.is_file() else None
    except (OSError, ValueError):
        # A name that no file can have, because it is too long for instance.
        return None


def _sent(file: Path, request: Request, *, cache: str) -> FileResponse:
    """The file; packed, where the build packed it and the client unpacks."""
    packed = file.with_name(f"{file.name}{PACKED}")
    if not packed.is_file():
        return FileResponse(file, headers={"Cache-Control": cache})
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding"}
    if not _unpacks(request):
        return FileResponse(file, headers=headers)
    media_type, _ = guess_type(file.name)
    return FileResponse(packed, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})


def _unpacks(request: Request) -> bool:
    named = (part.partition(";") for part in request.headers.get("accept-encoding", "").lower().split(","))
    return any(name.strip() == "gzip" and rest.replace(" ", "") not in REFUSED for name, _, rest in named)


def _is_page(path: str) -> bool:
    return path.partition("/")[0] not in NOT_PAGES


def _cache(path: str) -> str:
    """What the build named by its content never changes; everything else is asked for again."""
    return IMMUTABLE if path.startswith("assets/") else "no-cache"
