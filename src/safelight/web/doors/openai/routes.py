"""The routes of OpenAI's Images API."""

from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.responses import JSONResponse

from safelight.domain.access import Access
from safelight.domain.model_card import ModelCard
from safelight.domain.recipe import Recipe
from safelight.web.admitting import Caller
from safelight.web.body import body_of
from safelight.web.doors.following import drawn
from safelight.web.doors.following import told as telling
from safelight.web.doors.openai.answering import images, refusal
from safelight.web.doors.openai.asking import ImagesWish, card_of, edited, recipe_for
from safelight.web.doors.openai.editing import edit_form
from safelight.web.doors.openai.streaming import Sending
from safelight.web.doors.recipes import here
from safelight.web.doors.telling import router_of
from safelight.web.rooms import House, Rooms
from safelight.web.sse import EventStream

router = router_of(refusal, prefix="/v1")
Body = Annotated[ImagesWish, Depends(body_of(ImagesWish, what="an image wish", strict=False))]
Form = Annotated[tuple[ImagesWish, bytes, bytes | None], Depends(edit_form)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]


@router.post("/images/generations")
async def generations(request: Request, house: House, access: Caller, wish: Body, key: Key = None) -> Response:
    """Draw."""
    recipe = recipe_for(wish, card_of(wish, house))
    return await _answered("image_generation", wish, recipe, house, access=access, request=request, key=key)


@router.post("/images/edits")
async def edits(request: Request, house: House, access: Caller, form: Form, key: Key = None) -> Response:
    """Draw a part of an image anew, or all of it."""
    wish, image, mask = form
    recipe = await edited(wish, card_of(wish, house), image=image, mask=mask)
    return await _answered("image_edit", wish, recipe, house, access=access, request=request, key=key)


@router.get("/models")
async def models(house: House) -> JSONResponse:
    """What can be drawn with, the default model first."""
    return JSONResponse({"object": "list", "data": [_model(card) for card in here(house)]})


@router.get("/models/{model:path}")
async def model(model: str, house: House) -> JSONResponse:
    """One of them."""
    return JSONResponse(_model(house.runner.providers.find(model)[1]))


async def _answered(
    kind: str, wish: ImagesWish, recipe: Recipe, house: Rooms, *, access: Access, request: Request, key: str | None
) -> Response:
    if not wish.stream:
        record, pictures = await drawn(recipe, house, access=access, idempotency_key=key)
        answer = await images(wish, record.recipe, pictures, house, access=access, request=request)
        return JSONResponse(answer, headers={"X-Generation-Id": record.id})
    record = await house.runner.submit(recipe, access=access, idempotency_key=key)
    feed = await house.runner.feed(record.id, access=access)
    sending = Sending(kind=kind, wish=wish, recipe=record.recipe, access=access, house=house)
    stream = telling(sending.stream(feed), failing=sending.failing)
    return EventStream(stream, headers={"X-Generation-Id": record.id})


def _model(card: ModelCard) -> dict[str, Any]:
    # When a model was made is not known here.
    return {"id": card.id, "object": "model", "created": 0, "owned_by": card.provider}
