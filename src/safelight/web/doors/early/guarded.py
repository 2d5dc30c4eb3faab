"""The image service with moderation and keys."""

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from safelight.domain import errors
from safelight.web.admitting import Caller
from safelight.web.body import body_of
from safelight.web.doors.early.addresses import address_of, moment
from safelight.web.doors.following import drawn
from safelight.web.doors.recipes import effort, model_of, recipe_of, size_of, tier_of
from safelight.web.doors.telling import router_of
from safelight.web.problems import headers_of, status_of
from safelight.web.rooms import House


def refusal(error: errors.SafelightError) -> JSONResponse:
    """An error with its reason; what moderation refuses is a bad request there."""
    blocked = isinstance(error, errors.NotAllowed)
    status = 400 if status_of(error) == 422 else status_of(error)
    about: dict[str, Any] = {"success": False, "error": error.detail, "code": error.code, "hint": error.hint}
    if isinstance(error, errors.NotAllowed):
        about |= {"reason": error.detail, "categories": list(error.categories)}
    if isinstance(error, errors.InvalidRecipe):
        about["fields"] = error.fields
    return JSONResponse({**about, "moderated": blocked}, status_code=status, headers=headers_of(error))


router = router_of(refusal)


class ImageWish(BaseModel):
    """The body of `POST /api/images/generate`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    prompt: str
    negative_prompt: str | None = Field(default=None, alias="negativePrompt")
    model: str | None = None
    width: int | None = None
    height: int | None = None
    size: str | None = None
    steps: int | None = None
    guidance: float | None = Field(default=None, alias="cfgScale")
    seed: int | None = None
    quality: str | None = None


class ToCheck(BaseModel):
    """The body of `POST /api/moderation/check`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: str = Field(min_length=1, max_length=10_000)


WishBody = Annotated[ImageWish, Depends(body_of(ImageWish, what="a request", strict=False))]
CheckBody = Annotated[ToCheck, Depends(body_of(ToCheck, what="a check", strict=False))]


@router.post("/api/images/generate")
async def generate(request: Request, house: House, access: Caller, wish: WishBody) -> JSONResponse:
    """Draw, and answer with the picture's address."""
    _, card = house.runner.providers.find(model_of(wish.model, house))
    width, height = size_of(wish.size)
    fields = effort(tier_of(wish.quality) if wish.quality else None, card)
    fields |= {name: value for name in ("steps", "guidance") if (value := getattr(wish, name)) is not None}
    recipe = recipe_of(
        prompt=wish.prompt,
        negative_prompt=wish.negative_prompt,
        model=card.id,
        width=wish.width or width,
        height=wish.height or height,
        seed=wish.seed,
        **fields,
    )
    record, pictures = await drawn(recipe, house, access=access)
    picture = pictures[0]
    url = await address_of(picture.id, house, access=access, request=request)
    metadata = {
        "prompt": record.recipe.prompt,
        "model": card.id,
        "provider": card.provider,
        "width": picture.width,
        "height": picture.height,
        "steps": record.recipe.steps,
        "guidance": record.recipe.guidance,
        "seed": picture.seed,
        "createdAt": moment(record.created_at),
        "durationMs": round(record.device_s * 1000),
    }
    return JSONResponse({"success": True, "imageUrl": url, "imageId": picture.id, "metadata": metadata})


@router.post("/api/moderation/check")
async def check(house: House, access: Caller, asked: CheckBody) -> JSONResponse:
    """What would be said of a prompt."""
    verdict = await house.runner.moderation.read(asked.prompt, workspace=access.workspace, caller=access.caller)
    refused = [category.value for category in verdict.refused_for]
    reason = None if verdict.allowed else verdict.reason
    scores = {category.value: score for category, score in verdict.scores.items()}
    answer = {"allowed": verdict.allowed, "approved": verdict.allowed, "reason": reason, "categories": refused}
    return JSONResponse({"success": True, **answer, "scores": scores})
