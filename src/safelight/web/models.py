"""What this server can draw with."""

from fastapi import APIRouter

from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.domain.model_card import ModelCard
from safelight.domain.presets import PRESETS, Presets
from safelight.web import problems
from safelight.web.rooms import House

router = APIRouter(prefix=API, tags=["models"], responses=problems.RESPONSES)


class ModelList(Frozen):
    items: tuple[ModelCard, ...]
    """The default model is the first."""
    next_cursor: str | None = None


class ProviderState(Frozen):
    """An image service as this server sees it."""

    name: str
    ready: bool
    reason: str | None
    """What is missing, where it is not ready."""
    device: str
    """What it computes on."""
    models: tuple[str, ...]


class ProviderList(Frozen):
    items: tuple[ProviderState, ...]
    next_cursor: str | None = None


@router.get("/models")
async def models(house: House) -> ModelList:
    """Every model that can be asked for, loaded or not."""
    return ModelList(items=house.runner.providers.models())


@router.get("/providers")
async def providers(house: House) -> ProviderList:
    """The image services behind this server."""
    return ProviderList(items=states(house))


@router.get("/presets")
async def presets() -> Presets:
    """Named starting points: quality tiers and picture sizes."""
    return PRESETS


def states(house: House) -> tuple[ProviderState, ...]:
    return tuple(
        ProviderState(
            name=provider.name,
            ready=provider.ready() is None,
            reason=provider.ready(),
            device=provider.device,
            models=tuple(card.id for card in provider.models()),
        )
        for provider in house.runner.providers.all
    )
