"""What this server can draw with, and how it comes by more."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from safelight.domain.adapting import AdapterCard
from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.domain.model_card import ModelCard, ModelState
from safelight.domain.presets import RESOLUTIONS, TIERS, Presets
from safelight.web import problems
from safelight.web.body import body_of
from safelight.web.keys import ByClerk
from safelight.web.rooms import House

router = APIRouter(prefix=API, tags=["models"], responses=problems.RESPONSES)


class ModelList(Frozen):
    items: tuple[ModelCard, ...]
    """The default model is the first."""
    next_cursor: str | None = None


class AdapterList(Frozen):
    items: tuple[AdapterCard, ...]
    next_cursor: str | None = None


class ModelSource(Frozen):
    """Where to get a model."""

    source: str = Field(min_length=1, max_length=1000)
    """An id of the catalogue, a repository on the Hugging Face hub (`owner/name`), or a diffusers folder or
    `.safetensors` file on the server's own disk."""
    id: str | None = Field(default=None, min_length=1, max_length=100)
    """What to call it; left out, what it is called there."""
    layout: str | None = Field(default=None, min_length=1, max_length=1000)
    """Of a single file that is not told right: its layout, such as `sd21-base`, or a folder configured like it."""


@router.get("/models")
async def models(house: House) -> ModelList:
    """Every model that is known; `state` says whether it is here, on its way, or could be added."""
    return ModelList(items=house.runner.providers.models())


@router.get("/adapters")
async def adapters(house: House) -> AdapterList:
    """The LoRAs, control networks and IP-Adapters that a recipe can ask for."""
    return AdapterList(items=await asyncio.to_thread(house.runner.providers.adapters))


@router.post(
    "/models",
    status_code=201,
    responses={202: {"model": ModelCard, "description": "It is being downloaded; GET /api/v1/models shows how far."}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ModelSource"}}},
        }
    },
)
async def add(
    house: House,
    clerk: ByClerk,
    source: Annotated[ModelSource, Depends(body_of(ModelSource, what="a model to add"))],
    response: Response,
) -> ModelCard:
    """Add a model. What has to be downloaded comes in the background, and goes on after a restart."""
    library = house.runner.providers.local.library
    card = await asyncio.to_thread(library.add, source.source, id=source.id, layout=source.layout)
    await house.office.note(clerk, "model.added", card.id, detail=source.source)
    if card.state is ModelState.DOWNLOADING:
        response.status_code = 202
    return card


@router.delete("/models/{model}", status_code=204)
async def remove(house: House, clerk: ByClerk, model: str) -> None:
    """Forget a model that was added; a download under way stops. Its files stay where they are."""
    local = house.runner.providers.local
    local.library.check_added(model)
    await local.unload(model)
    local.library.remove(model)
    await house.office.note(clerk, "model.removed", model)


@router.post("/models/{model}/residency", status_code=204)
async def load(house: House, clerk: ByClerk, model: str) -> None:
    """Load a model, so that its first picture does not wait for that. Answers when it is loaded."""
    await house.runner.providers.local.load(model)
    await house.office.note(clerk, "model.loaded", model)


@router.delete("/models/{model}/residency", status_code=204)
async def unload(house: House, clerk: ByClerk, model: str) -> None:
    """Free a model's memory; it is loaded again when it is asked for."""
    local = house.runner.providers.local
    local.library.find(model)
    await local.unload(model)
    await house.office.note(clerk, "model.unloaded", model)


@router.get("/presets")
async def presets(house: House) -> Presets:
    """Named starting points: quality tiers, picture sizes, styles and lists of words."""
    book = house.runner.prompts
    return Presets(
        tiers=TIERS,
        resolutions=RESOLUTIONS,
        styles=tuple(book.styles.values()),
        wildcards=await asyncio.to_thread(book.words.names),
    )
