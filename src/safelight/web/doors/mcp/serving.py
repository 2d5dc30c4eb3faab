"""The server itself, over any transport: tools, progress by the step, pictures in the answers."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import ValidationError

from safelight import __version__
from safelight.domain.errors import NotFound, SafelightError
from safelight.domain.events import Event, Started, Stepped
from safelight.domain.picture import Picture
from safelight.domain.recipe import Recipe
from safelight.web.doors.following import finished_of
from safelight.web.doors.images import base64
from safelight.web.doors.mcp.wishes import LIST_MODELS, TOOLS, Workplace
from safelight.web.problems import invalid

Call = ServerRequestContext[Any, Any]
INSTRUCTIONS = (
    "Draws pictures. generate_image draws from words, edit_image from words and a picture; both answer with the "
    "pictures and their ids, which edit_image takes again. list_models says what there is to draw with."
)


class Assistance:
    """Tools over a workplace.

    Args:
        workplace: who draws for whom a call comes from.
    """

    def __init__(self, workplace: Callable[[Call], Workplace]) -> None:
        self._workplace = workplace
        self._pumps: set[asyncio.Task[None]] = set()

    def server(self) -> Server[dict[str, Any]]:
        return Server(
            "safelight",
            title="Safelight",
            version=__version__,
            instructions=INSTRUCTIONS,
            on_list_tools=self._listed,
            on_call_tool=self._called,
        )

    async def close(self) -> None:
        """Wait until what was cancelled has ended."""
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _listed(self, call: Call, params: PaginatedRequestParams | None) -> ListToolsResult:
        drawing = [_tool(name, model.__doc__ or "", model.model_json_schema()) for name, model in TOOLS.items()]
        listing = _tool(LIST_MODELS, "The models that can be drawn with.", {"type": "object", "properties": {}})
        return ListToolsResult(tools=[*drawing, listing])

    async def _called(self, call: Call, params: CallToolRequestParams) -> CallToolResult:
        try:
            return await self._done(call, params.name, params.arguments or {})
        except SafelightError as error:
            text = TextContent(type="text", text=f"{error.detail} {error.hint}".strip())
            return CallToolResult(content=[text], is_error=True)

    async def _done(self, call: Call, name: str, arguments: dict[str, Any]) -> CallToolResult:
        workplace = self._workplace(call)
        if name == LIST_MODELS:
            return await _models(workplace)
        if name not in TOOLS:
            raise NotFound(f"There is no tool '{name[:60]}'.", hint=f"There are {', '.join((*TOOLS, LIST_MODELS))}.")
        return await self._drawn(call, workplace, await asyncio.to_thread(_recipe, name, arguments))

    async def _drawn(self, call: Call, workplace: Workplace, recipe: Recipe) -> CallToolResult:
        begun: Started | None = None
        pictures: tuple[Picture, ...] = ()
        async with aclosing(self._events(workplace, recipe)) as events:
            async for event in events:
                if isinstance(event, Stepped):
                    message = f"step {event.step} of {event.total}"
                    await call.session.report_progress(event.progress, 1.0, message)
                elif isinstance(event, Started):
                    begun = event
                elif event.kind in ("finished", "failed", "cancelled"):
                    pictures = finished_of(event)
        content: list[ContentBlock] = []
        for picture in pictures:
            data = base64(await workplace.file(picture))
            content.append(ImageContent(type="image", data=data, mime_type="image/png"))
        told = {"model": begun.model if begun else recipe.model, "pictures": [one.model_dump() for one in pictures]}
        content.append(TextContent(type="text", text=json.dumps(told)))
        return CallToolResult(content=content, structured_content=told)

    async def _events(self, workplace: Workplace, recipe: Recipe) -> AsyncGenerator[Event, None]:
        """What happens, heard in a task of its own: a call that is cancelled is cancelled again at whatever it waits
        for, and cancelling the drawing has to be waited for."""
        said: asyncio.Queue[Event | None] = asyncio.Queue()
        pump = asyncio.create_task(_pumped(workplace, recipe, said))
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)
        try:
            while (event := await said.get()) is not None:
                yield event
            await pump
        finally:
            pump.cancel()


async def serve_stdio(workplace: Workplace) -> None:
    """Serve whoever started this process, until they close its standard input."""
    assistance = Assistance(lambda _: workplace)
    server = assistance.server()
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
    await assistance.close()


async def _pumped(workplace: Workplace, recipe: Recipe, said: "asyncio.Queue[Event | None]") -> None:
    try:
        async with aclosing(workplace.events(recipe)) as events:
            async for event in events:
                said.put_nowait(event)
    finally:
        said.put_nowait(None)


async def _models(workplace: Workplace) -> CallToolResult:
    cards = [card for card in await workplace.models() if card.here]
    told: dict[str, Any] = {
        "models": [
            {
                "id": card.id,
                "name": card.name,
                "description": card.description,
                "width": card.sizes.width,
                "height": card.sizes.height,
                "steps": card.defaults.steps,
                "can": sorted(card.capabilities),
            }
            for card in cards
        ]
    }
    return CallToolResult(content=[TextContent(type="text", text=json.dumps(told))], structured_content=told)


def _recipe(name: str, arguments: dict[str, Any]) -> Recipe:
    model = TOOLS[name]
    try:
        return model.model_validate(arguments).recipe()
    except ValidationError as error:
        raise invalid(error, known=frozenset(model.model_fields), what="a call") from error


def _tool(name: str, description: str, schema: dict[str, Any]) -> Tool:
    only_looks = name == LIST_MODELS
    hints = ToolAnnotations(read_only_hint=only_looks, destructive_hint=False, open_world_hint=False)
    return Tool(name=name, description=description, input_schema=schema, annotations=hints)
