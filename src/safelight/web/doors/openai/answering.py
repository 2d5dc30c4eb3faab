"""Answers as OpenAI's SDKs read them: images, usage, errors."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from safelight.domain import errors
from safelight.domain.access import Access
from safelight.domain.gallery import ShareWish
from safelight.domain.picture import Picture
from safelight.domain.recipe import Recipe
from safelight.web.doors.following import now
from safelight.web.doors.images import base64, printed
from safelight.web.doors.openai.asking import ImagesWish
from safelight.web.problems import headers_of, status_of
from safelight.web.rooms import Rooms

LINK_S = 3600
"""How long the address of a picture opens it, as OpenAI's do."""
PATCH = 16
"""Side in pixels of what counts as one token of an image."""
PATIENCE_S = 60
"""The SDK waits no longer than this between two attempts."""
CODES: dict[type[errors.SafelightError], tuple[int, str, str]] = {
    errors.Unauthenticated: (401, "invalid_request_error", "invalid_api_key"),
    errors.UnknownModel: (404, "invalid_request_error", "model_not_found"),
    errors.NotAllowed: (400, "image_generation_user_error", "moderation_blocked"),
    errors.LimitReached: (429, "requests", "rate_limit_exceeded"),
    errors.QueueFull: (429, "requests", "rate_limit_exceeded"),
}


def refusal(error: errors.SafelightError) -> JSONResponse:
    """An error with the status, the body and the headers by which the SDK decides whether to try again."""
    status, _, _ = _kind(error)
    headers = headers_of(error)
    if status in (409, 429) or status >= 500:
        again = error.retryable and getattr(error, "retry_after", 0) <= PATIENCE_S
        headers["x-should-retry"] = str(again).lower()
    return JSONResponse({"error": told(error), "hint": error.hint}, status_code=status, headers=headers)


def told(error: errors.SafelightError) -> dict[str, Any]:
    """What stands under `error`."""
    _, kind, code = _kind(error)
    fields = list(error.fields) if isinstance(error, errors.InvalidRecipe) else []
    message = f"{error.detail} {error.hint}".strip()
    return {"message": message, "type": kind, "param": fields[0] if fields else None, "code": code}


async def images(
    wish: ImagesWish, recipe: Recipe, pictures: tuple[Picture, ...], house: Rooms, *, access: Access, request: Request
) -> dict[str, Any]:
    """The answer to a wish that is not streamed."""
    data = [await _image(wish, picture, house, access=access, request=request) for picture in pictures]
    answer = {"created": now(), "data": data, "output_format": wish.form, **_as_drawn(wish, recipe, pictures)}
    named = {} if wish.identifier is None else {"safety_identifier": wish.identifier}
    return answer | named | {"usage": usage(recipe, pictures, house)}


async def encoded(wish: ImagesWish, picture: Picture, house: Rooms, *, access: Access) -> str:
    """A picture in base64, in the format that was wished for."""
    pixels = await house.runner.pictures.file(picture.id, workspace=access.workspace)
    quality = 100 if wish.output_compression is None else wish.output_compression
    return base64(await printed(pixels, wish.form, quality=quality, opaque=wish.background == "opaque"))


def usage(recipe: Recipe, pictures: tuple[Picture, ...], house: Rooms) -> dict[str, Any]:
    """Tokens: what the model reads of the prompt, and one for each 16x16 pixels of an image."""
    provider, card = house.runner.providers.find(recipe.model)
    count = provider.count(recipe.prompt, model=card.id)
    text = len(recipe.prompt.split()) if count is None else count.tokens
    given = _patches(recipe.width or 0, recipe.height or 0) if recipe.image is not None else 0
    drawn = sum(_patches(picture.width, picture.height) for picture in pictures)
    return {
        "input_tokens": text + given,
        "input_tokens_details": {"text_tokens": text, "image_tokens": given},
        "output_tokens": drawn,
        "output_tokens_details": {"text_tokens": 0, "image_tokens": drawn},
        "total_tokens": text + given + drawn,
    }


async def _image(
    wish: ImagesWish, picture: Picture, house: Rooms, *, access: Access, request: Request
) -> dict[str, Any]:
    if wish.response_format != "url":
        return {"b64_json": await encoded(wish, picture, house, access=access), "seed": picture.seed}
    # A link of its own: whoever shows the picture on a page has no key to show for it.
    shown = ShareWish(expires_in=LINK_S)
    link = await house.shares.make(picture.id, shown, workspace=access.workspace, caller=access.caller)
    return {"url": f"{str(request.base_url).rstrip('/')}{link.url}/file", "seed": picture.seed}


def _as_drawn(wish: ImagesWish, recipe: Recipe, pictures: tuple[Picture, ...]) -> dict[str, Any]:
    drawn = {"size": f"{pictures[0].width}x{pictures[0].height}"} if pictures else {}
    if wish.background in ("transparent", "opaque"):
        drawn["background"] = wish.background
    if wish.quality in ("low", "medium", "high", "xhigh", "max"):
        drawn["quality"] = wish.quality
    return drawn


def _patches(width: int, height: int) -> int:
    return -(-width // PATCH) * -(-height // PATCH)


def _kind(error: errors.SafelightError) -> tuple[int, str, str]:
    for kind in type(error).__mro__:
        if kind in CODES:
            return CODES[kind]
    status = status_of(error)
    if isinstance(error, errors.Busy):
        return status, "server_error", error.code
    if status >= 500:
        return status, "server_error", error.code
    # What is wrong with a request is 400 there, whatever it is.
    return 400 if status in (415, 422) else status, "invalid_request_error", error.code
