"""Google's Imagen on Vertex AI (`:predict`) and Gemini's image models (`:generateContent`)."""

import base64
import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.upstreams.stage import Play, Stage, as_json, cut_short


def app(stage: Stage) -> Starlette:
    async def draw(request: Request) -> Response:
        path = request.url.path
        key = request.headers.get("x-goog-api-key") or request.headers["authorization"].removeprefix("Bearer ")
        stage.take({**await request.json(), "path": path}, key=key)
        if stage.throttles:
            return _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", retry_after=stage.retry_after)
        imagen = path.endswith(":predict")
        match stage.play:
            case Play.SILENT | Play.SLOW:
                return await stage.until_gone(request)
            case Play.FAILS:
                return _error(500, "INTERNAL", "An internal error has occurred.")
            case Play.DENIED:
                return _error(403, "PERMISSION_DENIED", "Permission denied.")
            case Play.REFUSED:
                return as_json(_filtered(imagen))
            case Play.MALFORMED:
                return as_json({"predictions": "none"} if imagen else {"candidates": [{"content": 7}]})
        picture = b"no picture" if stage.play is Play.NO_PICTURE else stage.picture
        body = _answer(imagen, base64.b64encode(picture).decode())
        if stage.play is Play.TRUNCATED:
            return cut_short(json.dumps(body).encode(), media_type="application/json")
        return as_json(body)

    return Starlette(routes=[Route("/{path:path}", draw, methods=["POST"])])


def _answer(imagen: bool, data: str) -> dict[str, Any]:
    if imagen:
        return {"predictions": [{"bytesBase64Encoded": data, "mimeType": "image/png"}]}
    part = {"inlineData": {"mimeType": "image/png", "data": data}}
    return {
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 1290, "totalTokenCount": 1295},
    }


def _filtered(imagen: bool) -> dict[str, Any]:
    if imagen:
        return {"predictions": [{"raiFilteredReason": "Unable to show generated images: violence."}]}
    return {"candidates": [{"finishReason": "IMAGE_SAFETY", "index": 0}]}


def _error(code: int, status: str, message: str, **headers: str) -> Response:
    return as_json({"error": {"code": code, "message": message, "status": status}}, code, **headers)
