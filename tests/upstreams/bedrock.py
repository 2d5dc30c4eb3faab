"""AWS Bedrock's runtime: `invoke`, signed, with the bodies of Stability's and Amazon's models."""

import base64
import json
import re
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.upstreams.stage import Play, Stage, as_json, cut_short


def app(stage: Stage) -> Starlette:
    async def invoke(request: Request) -> Response:
        shown = request.headers["authorization"]
        signed = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/[a-z0-9-]+/bedrock/", shown)
        assert signed is not None
        stage.take({**await request.json(), "model": request.path_params["model"]}, key=signed[1])
        if stage.throttles:
            return _error("ThrottlingException", "Too many requests.", 429, retry_after=stage.retry_after)
        match stage.play:
            case Play.SILENT | Play.SLOW:
                return await stage.until_gone(request)
            case Play.FAILS:
                return _error("InternalServerException", "Unexpected.", 500)
            case Play.DENIED:
                return _error("UnrecognizedClientException", "The security token is invalid.", 403)
            case Play.REFUSED:
                body: dict[str, Any] = {"seeds": [], "finish_reasons": ["Filter reason: prompt"], "images": []}
                return as_json(body)
            case Play.MALFORMED:
                return Response("{not json", media_type="application/json")
        picture = b"no picture" if stage.play is Play.NO_PICTURE else stage.picture
        body = {"seeds": [7], "finish_reasons": [None], "images": [base64.b64encode(picture).decode()]}
        if stage.play is Play.TRUNCATED:
            return cut_short(json.dumps(body).encode(), media_type="application/json")
        return as_json(body)

    return Starlette(routes=[Route("/model/{model}/invoke", invoke, methods=["POST"])])


def _error(kind: str, message: str, status: int, **headers: str) -> Response:
    return as_json({"message": message}, status, **{"x_amzn_errortype": kind, **headers})
