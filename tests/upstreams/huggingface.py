"""Hugging Face's inference: a text and parameters in, the bytes of a picture out."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.upstreams.stage import Play, Stage, as_json, cut_short


def app(stage: Stage) -> Starlette:
    async def draw(request: Request) -> Response:
        stage.take(await request.json(), key=request.headers["authorization"].removeprefix("Bearer "))
        if stage.throttles:
            return as_json({"error": "Model is overloaded"}, 503, retry_after=stage.retry_after)
        match stage.play:
            case Play.SILENT | Play.SLOW:
                return await stage.until_gone(request)
            case Play.FAILS:
                return as_json({"error": "Internal Server Error"}, 500)
            case Play.DENIED:
                return as_json({"error": "Invalid credentials in Authorization header"}, 401)
            case Play.REFUSED:
                return as_json({"error": "NSFW content detected: the prompt was flagged"}, 400)
            case Play.MALFORMED:
                return as_json({"generated": "nothing"})
            case Play.NO_PICTURE:
                return Response(b"no picture", media_type="image/png")
            case Play.TRUNCATED:
                return cut_short(stage.picture, media_type="image/png")
        return Response(stage.picture, media_type="image/png")

    return Starlette(routes=[Route("/{path:path}", draw, methods=["POST"])])
