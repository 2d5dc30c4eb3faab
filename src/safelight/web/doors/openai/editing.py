"""The form of an edit: the fields of a wish, an image, and a mask."""

from typing import Any

from fastapi import Request
from pydantic import ValidationError

from safelight.domain.errors import InvalidRecipe, WrongContentType
from safelight.web.body import content_type
from safelight.web.doors.forms import form_of
from safelight.web.doors.openai.asking import ImagesWish
from safelight.web.problems import invalid
from safelight.web.rooms import House
from safelight.web.upload import FORM

HINT = "Send multipart/form-data with a prompt and an image, as the SDK's images.edit does."


async def edit_form(request: Request, house: House) -> tuple[ImagesWish, bytes, bytes | None]:
    """The wish, the image and the mask.

    Raises:
        Foreign, WrongContentType, TooLarge, Malformed: nothing was read.
        InvalidRecipe: a field is wrong, or there is no image, or more than one.
    """
    if (kind := content_type(request)) != FORM:
        raise WrongContentType(f"A body of the type '{kind[:80]}' is not read here.", hint=HINT)
    form = await form_of(request, house, many=("lora",))
    images = [data for name, data in form.files if name == "image"]
    if len(images) != 1:
        problem = "is missing" if not images else f"has {len(images)} images; the models here edit one at a time"
        raise InvalidRecipe(f"`image` {problem}.", hint=HINT, fields={"image": problem})
    masks = [data for name, data in form.files if name == "mask"]
    return _wish(form.fields), images[0], masks[0] if masks else None


def _wish(fields: dict[str, Any]) -> ImagesWish:
    try:
        return ImagesWish.model_validate(fields)
    except ValidationError as error:
        raise invalid(error, known=frozenset(ImagesWish.model_fields), what="an edit") from error
