"""ComfyUI: a line of graphs, drawn one after the other, told over a WebSocket."""

import asyncio
import json
import struct
from io import BytesIO
from typing import Any

from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.upstreams.stage import Play, Stage, as_json, cut_short

CHOICES = {
    "CheckpointLoaderSimple": {"ckpt_name": ["dreams.safetensors", "other.safetensors"]},
    "LoraLoader": {"lora_name": ["pixels.safetensors"]},
    "ControlNetLoader": {"control_net_name": ["canny.safetensors"]},
}
STEPS = 3


def preview() -> bytes:
    out = BytesIO()
    Image.new("RGB", (16, 16), "orange").save(out, "JPEG")
    return out.getvalue()


class Comfy:
    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.sockets: dict[str, list[WebSocket]] = {}
        self.running: dict[str, asyncio.Task[None]] = {}
        self.pending: list[tuple[int, str]] = []
        self.history: dict[str, Any] = {}
        self.uploads: dict[str, bytes] = {}
        self.number = 0
        self.busy = asyncio.Lock()

    async def object_info(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        required = {name: [names, {"tooltip": "which"}] for name, names in CHOICES[kind].items()}
        return as_json({kind: {"input": {"required": required}, "output": ["MODEL"]}})

    async def prompt(self, request: Request) -> Response:
        body = await request.json()
        self.stage.take(body, key=request.headers.get("authorization", ""))
        match self.stage.play:
            case Play.SILENT:
                return await self.stage.until_gone(request)
            case Play.DENIED:
                return Response("who are you?", 401)
            case Play.FAILS:
                return Response("Internal Server Error", 500)
            case Play.MALFORMED:
                return Response("{not json", media_type="application/json")
        if self.stage.throttles:
            return Response("busy", 429, headers={"Retry-After": self.stage.retry_after})
        if missing := _missing(body["prompt"]):
            error = {"type": "prompt_no_outputs", "message": missing, "details": "", "extra_info": {}}
            return as_json({"error": error, "node_errors": {}}, 400)
        self.number += 1
        self.pending.append((self.number, body["prompt_id"]))
        self.running[body["prompt_id"]] = asyncio.create_task(self._draw(body["prompt_id"], body["client_id"]))
        return as_json({"prompt_id": body["prompt_id"], "number": self.number, "node_errors": {}})

    async def _draw(self, prompt: str, client: str) -> None:
        async with self.busy:
            self.pending = [one for one in self.pending if one[1] != prompt]
            async with self.stage.working():
                await self._steps(prompt, client)
        del self.running[prompt]

    async def _steps(self, prompt: str, client: str) -> None:
        async def tell(kind: str, **data: Any) -> None:
            await self._send(client, json.dumps({"type": kind, "data": {**data, "prompt_id": prompt}}))

        await tell("execution_start", timestamp=1)
        await tell("executing", node="sample", display_node="sample")
        for step in range(1, STEPS + 1):
            await tell("progress", value=step, max=STEPS, node="sample")
            await self._send(client, struct.pack(">II", 1, 1) + preview())
            while self.stage.play is Play.SLOW:  # noqa: ASYNC110 - until a test changes the play
                await asyncio.sleep(0.01)
        image = {"filename": f"{prompt}.png", "subfolder": "", "type": "output"}
        outputs = {"save": {"images": [] if self.stage.play is Play.NO_PICTURE else [image]}}
        status = {"status_str": "success", "completed": True, "messages": []}
        self.history[prompt] = {"prompt": [1, prompt], "outputs": outputs, "status": status, "meta": {}}
        await tell("executed", node="save", display_node="save", output=outputs["save"])
        await tell("execution_success", timestamp=2)
        await tell("executing", node=None)

    async def _send(self, client: str, message: str | bytes) -> None:
        for socket in self.sockets.get(client, []):
            if isinstance(message, str):
                await socket.send_text(message)
            else:
                await socket.send_bytes(message)

    async def socket(self, socket: WebSocket) -> None:
        await socket.accept()
        client = socket.query_params["clientId"]
        self.sockets.setdefault(client, []).append(socket)
        status = {"status": {"exec_info": {"queue_remaining": len(self.pending)}}, "sid": client}
        await socket.send_text(json.dumps({"type": "status", "data": status}))
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            self.sockets[client].remove(socket)

    async def get_history(self, request: Request) -> Response:
        prompt = request.path_params["prompt"]
        return as_json({prompt: self.history[prompt]} if prompt in self.history else {})

    async def queue(self, request: Request) -> Response:
        if request.method == "GET":
            waiting = [prompt for _, prompt in self.pending]
            running = [[1, prompt] for prompt in self.running if prompt not in waiting]
            return as_json({"queue_running": running, "queue_pending": [[*one, {}, {}, []] for one in self.pending]})
        for prompt in (await request.json())["delete"]:
            if prompt in [one for _, one in self.pending]:
                self._stop(prompt)
        return Response()

    async def interrupt(self, request: Request) -> Response:
        self._stop((await request.json())["prompt_id"])
        return Response()

    def _stop(self, prompt: str) -> None:
        if self.stage.deaf:
            return
        self.stage.cancelled.append(prompt)
        self.pending = [one for one in self.pending if one[1] != prompt]
        if (task := self.running.pop(prompt, None)) is not None:
            task.cancel()

    async def upload(self, request: Request) -> Response:
        async with request.form() as form:
            file = form["image"]
            assert not isinstance(file, str) and file.filename
            self.uploads[file.filename] = await file.read()
        return as_json({"name": file.filename, "subfolder": "", "type": "input"})

    async def view(self, request: Request) -> Response:
        assert request.query_params["filename"].removesuffix(".png") in self.history
        if self.stage.play is Play.TRUNCATED:
            return cut_short(self.stage.picture, media_type="image/png")
        return Response(self.stage.picture, media_type="image/png")


def _missing(nodes: Any) -> str:
    """What ComfyUI would say of a graph in which something hangs in the air."""
    if not any(node["class_type"] == "SaveImage" for node in nodes.values()):
        return "Prompt has no outputs"
    for name, node in nodes.items():
        for value in node["inputs"].values():
            if isinstance(value, list) and value[0] not in nodes:
                return f"node {name} takes something from {value[0]}, which is not there"
    return ""


def app(stage: Stage) -> Starlette:
    comfy = Comfy(stage)
    made = Starlette(
        routes=[
            Route("/object_info/{kind}", comfy.object_info),
            Route("/prompt", comfy.prompt, methods=["POST"]),
            Route("/history/{prompt}", comfy.get_history),
            Route("/queue", comfy.queue, methods=["GET", "POST"]),
            Route("/interrupt", comfy.interrupt, methods=["POST"]),
            Route("/upload/image", comfy.upload, methods=["POST"]),
            Route("/view", comfy.view),
            WebSocketRoute("/ws", comfy.socket),
        ]
    )
    made.state.comfy = comfy
    return made
