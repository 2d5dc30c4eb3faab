"""Cloud AI Art Studio: sprites from a service of one's choice, and how far they are."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from safelight.domain import errors
from safelight.domain.events import Notice
from safelight.domain.generation import State
from safelight.domain.model_card import ModelCard
from safelight.jobs.feed import Feed
from safelight.store.records import GenerationRecord
from safelight.web.admitting import Caller
from safelight.web.body import body_of
from safelight.web.doors.early.addresses import absolute, address_of
from safelight.web.doors.early.guarded import refusal
from safelight.web.doors.early.saved import shown
from safelight.web.doors.following import drawn
from safelight.web.doors.recipes import effort, here, model_of, recipe_of, tier_of
from safelight.web.doors.telling import router_of
from safelight.web.hardware import TheHardware
from safelight.web.health import in_the_way
from safelight.web.rooms import House, Rooms

router = router_of(refusal)
SERVICES = {
    "comfyui": ("comfyui",),
    "huggingface": ("huggingface",),
    "replicate": ("replicate",),
    "aws": ("bedrock", "aws"),
    "azure": ("azure", "azure_openai"),
    "openai": ("openai",),
    "google": ("vertex", "google"),
}
"""Under which names the services' providers are known here."""
OWN = ("local", "safelight")
STATUS = {
    State.QUEUED: "pending",
    State.RUNNING: "running",
    State.PAUSED: "paused",
    State.FINISHED: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}


class SpriteWish(BaseModel):
    """The body of `POST /generate-sprite`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    prompt: str
    negative_prompt: str | None = Field(default=None, alias="negativePrompt")
    service: str | None = None
    model: str | None = None
    width: int | None = None
    height: int | None = None
    quality: str | None = None
    seed: int | None = None


Body = Annotated[SpriteWish, Depends(body_of(SpriteWish, what="a request", strict=False))]


@router.post("/generate-sprite")
@router.post("/api/generate-sprite")
async def generate(request: Request, house: House, access: Caller, wish: Body) -> JSONResponse:
    """Draw, keep, and answer with what was kept."""
    card = _card(wish, house)
    tier = tier_of(wish.quality or "optimized")
    recipe = recipe_of(
        prompt=wish.prompt,
        negative_prompt=wish.negative_prompt,
        model=card.id,
        width=wish.width,
        height=wish.height,
        seed=wish.seed,
        **effort(tier, card),
    )
    record, pictures = await drawn(recipe, house, access=access)
    picture = await house.runner.pictures.get(pictures[0].id, workspace=access.workspace)
    url = await address_of(picture.id, house, access=access, request=request)
    image = {**shown(picture, request), "url": url, "service": card.provider, "quality": tier.id}
    adjusted = notices(await house.runner.feed(record.id, access=access))
    return JSONResponse(
        {
            "success": True,
            "promptId": record.id,
            "imageUrl": url,
            "filename": image["filename"],
            "image": image,
            "metadata": image,
            "service": card.provider,
            "adjustments": adjusted,
        }
    )


@router.get("/api/comfyui/health")
async def health(request: Request, house: House, access: Caller, hardware: TheHardware) -> JSONResponse:
    """What draws, and what it is at."""
    gpus, reason = await hardware.gpus(), in_the_way(house)
    running = await house.runner.records.page(workspace=access.workspace, state=State.RUNNING, limit=1)
    return JSONResponse(
        {
            "status": "running" if reason is None or house.runner.line.running else "unavailable",
            "server": absolute("", request),
            "vramUsage": gpus[0].usage if gpus else None,
            "queueLength": house.runner.line.waiting,
            "activeGeneration": running.items[0].id if running.items else None,
        }
    )


@router.get("/api/comfyui/progress/{generation}")
async def progress(house: House, access: Caller, generation: Annotated[str, Path(max_length=100)]) -> JSONResponse:
    """How far one is."""
    record = await house.runner.get(generation, access=access)
    done = record.step / record.total if record.total else 0.0
    if record.state is State.FINISHED:
        done = 1.0
    elapsed = _elapsed(record)
    left = elapsed * (1 - done) / done if done and not record.state.final else None
    return JSONResponse(
        {
            "promptId": record.id,
            "status": STATUS[record.state],
            "progress": round(done, 4),
            "currentStep": record.step,
            "totalSteps": record.total or record.recipe.steps,
            "elapsedTime": spoken(elapsed),
            "estimatedRemaining": None if left is None else spoken(left),
            "error": record.error.detail if record.error else None,
        }
    )


def notices(feed: Feed) -> list[str]:
    """What was done otherwise than asked for."""
    after, found = 0, list[str]()
    while (numbered := feed.next(after=after)) is not None:
        after = numbered.id
        if isinstance(numbered.event, Notice):
            found.append(numbered.event.detail)
    return found


def spoken(seconds: float) -> str:
    """As `4m 32s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m {rest}s" if minutes else f"{rest}s"


def _card(wish: SpriteWish, house: Rooms) -> ModelCard:
    """The model that draws: of the service that is named, its first, where none is named as well."""
    model = model_of(wish.model, house)
    if wish.service is None or wish.service.lower() in OWN:
        return house.runner.providers.find(model)[1]
    names = SERVICES.get(wish.service.lower())
    if names is None:
        known = ", ".join((*SERVICES, OWN[0]))
        raise errors.InvalidRecipe(
            f"There is no service '{wish.service[:40]}'.",
            hint=f"Choose one of: {known}.",
            fields={"service": "is not known"},
        )
    cards = [card for card in here(house) if card.provider in names and model in (None, card.id)]
    if not cards:
        raise errors.Unsupported(
            f"The service '{wish.service[:40]}' is not set up here, or has no such model.",
            hint="GET /api/v1/providers lists what is; leave `service` out for this server's own engine.",
        )
    return cards[0]


def _elapsed(record: GenerationRecord) -> float:
    if record.started_at is None:
        return 0.0
    return max(0.0, ((record.ended_at or datetime.now(UTC)) - record.started_at).total_seconds())
