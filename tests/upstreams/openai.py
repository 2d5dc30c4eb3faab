"""OpenAI's and Azure OpenAI's images: generations and edits, as server-sent events."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.upstreams.stage import Play, Stage, as_json, picture

PARTIALS = 3
USAGE = {
    "input_tokens": 50,
    "input_tokens_details": {"text_tokens": 10, "image_tokens": 40},
    "output_tokens": 1000,
    "total_tokens": 1050,
}
REFUSAL = {
    "message": "Your request was rejected as a result of our safety system.",
    "type": "image_generation_user_error",
    "param": None,
    "code": "moderation_blocked",
    "moderation_details": {"moderation_stage": "input", "categories": ["violence"]},
}


def app(stage: Stage) -> Starlette:
    async def images(request: Request) -> Response:
        if request.headers["content-type"].startswith("multipart/"):
            async with request.form() as form:
                body: dict[str, Any] = {
                    name: value if isinstance(value, str) else await value.read() for name, value in form.items()
                }
        else:
            body = await request.json()
        key = request.headers.get("api-key") or request.headers["authorization"].removeprefix("Bearer ")
        stage.take({**body, "path": request.url.path, "query": dict(request.query_params)}, key=key)
        if (error := _error(stage)) is not None:
            return error
        if stage.play is Play.SILENT:
            return await stage.until_gone(request)
        verb = "image_edit" if request.url.path.endswith("/edits") else "image_generation"
        return StreamingResponse(_stream(stage, verb), media_type="text/event-stream")

    paths = ("/v1/images", "/openai/deployments/{deployment}/images")
    routes = [Route(f"{path}/{verb}", images, methods=["POST"]) for path in paths for verb in ("generations", "edits")]
    return Starlette(routes=routes)


def _error(stage: Stage) -> Response | None:
    if stage.throttles:
        error = {"message": "Rate limit reached.", "type": "requests", "code": "rate_limit_exceeded", "param": None}
        return as_json({"error": error}, 429, retry_after=stage.retry_after)
    if stage.play is Play.FAILS:
        return as_json({"error": {"message": "The server had an error.", "type": "server_error", "code": None}}, 500)
    if stage.play is Play.DENIED:
        error = {"message": "Incorrect API key provided: s3cr****.", "code": "invalid_api_key", "type": "invalid"}
        return as_json({"error": error}, 401)
    if stage.play is Play.REFUSED:
        return as_json({"error": REFUSAL}, 400)
    return None


async def _stream(stage: Stage, verb: str) -> AsyncGenerator[str, None]:
    async with stage.working():
        about = {"created_at": 1, "size": "1024x1024", "quality": "medium", "background": "opaque"}
        about["output_format"] = "png"
        for index in range(PARTIALS):
            partial = base64.b64encode(picture((1024, 1024), ("red", "green", "blue")[index])).decode()
            event = {"type": f"{verb}.partial_image", "partial_image_index": index, "b64_json": partial, **about}
            yield _event(event)
            if stage.play is Play.MALFORMED:
                yield f"event: {verb}.completed\ndata: {{not json\n\n"
                return
            if stage.play is Play.TRUNCATED:
                raise ConnectionAbortedError("as the play has it")
            while stage.play is Play.SLOW:
                await asyncio.sleep(0.01)
                yield ": still here\n\n"
        data = b"no picture" if stage.play is Play.NO_PICTURE else stage.picture
        yield _event(
            {"type": f"{verb}.completed", "b64_json": base64.b64encode(data).decode(), "usage": USAGE, **about}
        )


def _event(event: dict[str, Any]) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
