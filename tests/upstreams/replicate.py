"""Replicate: predictions that are made, looked at, cancelled, and end in a file."""

import asyncio
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.upstreams.stage import Play, Stage, as_json, cut_short


class Predictions:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.made: dict[str, dict[str, Any]] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def create(self, request: Request) -> Response:
        stage = self.stage
        model = "{owner}/{name}".format(**request.path_params)
        stage.take(
            {**await request.json(), "model": model}, key=request.headers["authorization"].removeprefix("Bearer ")
        )
        if stage.throttles:
            return as_json({"title": "Too many", "detail": "Throttled."}, 429, retry_after=stage.retry_after)
        match stage.play:
            case Play.SILENT:
                return await stage.until_gone(request)
            case Play.FAILS:
                return as_json({"detail": "Internal server error", "status": 500}, 500)
            case Play.DENIED:
                return as_json({"title": "Unauthenticated", "detail": "You did not pass a valid token."}, 401)
            case Play.MALFORMED:
                return Response("{not json", status_code=201, media_type="application/json")
        id = f"p{len(self.made)}"
        self.made[id] = {
            "id": id,
            "model": model,
            "version": "hidden",
            "status": "starting",
            "input": {},
            "output": None,
            "logs": "",
            "error": None,
            "metrics": None,
            "created_at": "2026-11-21T00:00:00Z",
            "urls": {"get": f"{stage.url}/v1/predictions/{id}", "cancel": f"{stage.url}/v1/predictions/{id}/cancel"},
        }
        self.tasks[id] = asyncio.create_task(self._run(id))
        return as_json(self.made[id], 201)

    async def _run(self, id: str) -> None:
        prediction = self.made[id]
        async with self.stage.working():
            prediction["status"] = "processing"
            prediction["logs"] = " 50%|#####     | 2/4 [00:00<00:00]\n"
            while self.stage.play is Play.SLOW:  # noqa: ASYNC110 - until a test changes the play
                await asyncio.sleep(0.01)
        if self.stage.play is Play.REFUSED:
            prediction.update(status="failed", error="NSFW content detected. Try running it again.")
        elif self.stage.play is Play.NO_PICTURE:
            prediction.update(status="succeeded", output=[])
        else:
            prediction.update(status="succeeded", output=[f"{self.stage.url}/files/{id}.png"])

    async def get(self, request: Request) -> Response:
        return as_json(self.made[request.path_params["id"]])

    async def cancel(self, request: Request) -> Response:
        id = request.path_params["id"]
        if not self.stage.deaf:
            self.stage.cancelled.append(id)
            self.tasks[id].cancel()
            self.made[id]["status"] = "canceled"
        return as_json(self.made[id])

    async def file(self, request: Request) -> Response:
        assert "authorization" not in request.headers
        if self.stage.play is Play.TRUNCATED:
            return cut_short(self.stage.picture, media_type="image/png")
        return Response(self.stage.picture, media_type="image/png")


def app(stage: Stage) -> Starlette:
    predictions = Predictions(stage)
    return Starlette(
        routes=[
            Route("/v1/models/{owner}/{name}/predictions", predictions.create, methods=["POST"]),
            Route("/v1/predictions/{id}", predictions.get),
            Route("/v1/predictions/{id}/cancel", predictions.cancel, methods=["POST"]),
            Route("/files/{name}", predictions.file),
        ]
    )
