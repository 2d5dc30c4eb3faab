"""DreamSketch: paths that end in a slash, as Django has them."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safelight import __version__
from safelight.domain import errors
from safelight.domain.access import Access
from safelight.domain.picture import PictureRecord
from safelight.domain.recipe import Recipe
from safelight.store.picture_rows import moment_of
from safelight.web.admitting import Caller
from safelight.web.body import body_of, content_type
from safelight.web.doors.early.addresses import absolute, address_of, moment
from safelight.web.doors.following import drawn
from safelight.web.doors.forms import form_of
from safelight.web.doors.images import as_given, data_url
from safelight.web.doors.recipes import model_of, recipe_of
from safelight.web.doors.telling import router_of
from safelight.web.generations import immutable
from safelight.web.hardware import TheHardware
from safelight.web.health import in_the_way, machine_of
from safelight.web.problems import headers_of, invalid, status_of
from safelight.web.rooms import House, Rooms
from safelight.web.upload import FORM

NAMES = {"guidance": "guidance_scale", "model": "model_id", "image": "image"}
MEDIA = "/media/generated"


def refusal(error: errors.SafelightError) -> JSONResponse:
    """An error as that front end shows it; what is not valid is a bad request there."""
    status = 400 if status_of(error) == 422 else status_of(error)
    about: dict[str, Any] = {"status": "error", "message": f"{error.detail} {error.hint}".strip(), "hint": error.hint}
    if isinstance(error, errors.InvalidRecipe):
        about["errors"] = {name: [fault] for name, fault in error.fields.items()}
    return JSONResponse(about, status_code=status, headers=headers_of(error))


router = router_of(refusal)


class TextWish(BaseModel):
    """The body of `txt2img`."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    prompt: str
    negative_prompt: str | None = None
    model_id: str | None = None
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    seed: int | None = None


class ImageWish(TextWish):
    """The fields of `img2img`."""

    image: str
    strength: float = Field(default=0.75, ge=0, le=1)


read_image_wish = body_of(ImageWish, what="a request", strict=False, images=True)


async def image_wish(request: Request, house: House) -> ImageWish:
    """From JSON with the image in base64, or a form with its file. Raises as `body_of` and `form_of` say."""
    if content_type(request) != FORM:
        return await read_image_wish(request, house)
    form = await form_of(request, house)
    images = [data_url(data, field="image") for name, data in form.files if name == "image"]
    try:
        return ImageWish.model_validate({**form.fields, **({"image": images[0]} if images else {})})
    except ValidationError as error:
        raise invalid(error, known=frozenset(ImageWish.model_fields), what="a request") from error


@router.get("/api/health/")
async def health() -> JSONResponse:
    """Whether it answers."""
    return JSONResponse({"status": "ok", "service": "safelight", "version": __version__})


@router.get("/api/status/")
async def status(house: House, hardware: TheHardware) -> JSONResponse:
    """The system and its cards."""
    machine, gpus, reason = machine_of(house), await hardware.gpus(), in_the_way(house)
    cards = [card.model_dump() for card in gpus]
    first = {"available": bool(gpus), **(cards[0] if cards else {"name": None, "used": None, "total": None})}
    line = house.runner.line
    return JSONResponse(
        {
            "status": "ready" if reason is None else "busy",
            "detail": reason,
            "system": machine.model_dump(),
            "gpu": first,
            "gpus": cards,
            "queue": {"waiting": line.waiting, "running": line.running},
        }
    )


@router.get("/api/models/")
async def models(house: House) -> JSONResponse:
    """Every model that is known, those that are not here yet too."""
    cards = house.runner.providers.models()
    found = [
        {
            "id": card.id,
            "name": card.name,
            "description": card.description,
            "default_width": card.sizes.width,
            "default_height": card.sizes.height,
            "resolution": card.sizes.width,
            "available": card.here,
            "provider": card.provider,
        }
        for card in cards
    ]
    return JSONResponse({"status": "success", "models": found, "count": len(found)})


@router.get("/api/results/")
async def results(
    request: Request, house: House, access: Caller, limit: Annotated[int, Query(ge=1, le=200)] = 20
) -> JSONResponse:
    """The newest pictures."""
    page = await house.gallery.page(workspace=access.workspace, limit=limit)
    found = [_result(one, absolute(_media(one.id), request)) for one in page.items]
    return JSONResponse({"status": "success", "results": found, "count": len(found)})


@router.get(f"{MEDIA}/{{picture}}.png")
async def media(
    request: Request, house: House, access: Caller, picture: Annotated[str, Path(max_length=100)]
) -> Response:
    """A picture."""
    pixels = await house.runner.pictures.file(picture, workspace=access.workspace)
    return immutable(request, pixels.data, media_type=pixels.media_type)


@router.post("/api/txt2img/")
async def txt2img(
    request: Request,
    house: House,
    access: Caller,
    wish: Annotated[TextWish, Depends(body_of(TextWish, what="a request", strict=False))],
) -> JSONResponse:
    """Draw."""
    return await _drawn(_recipe(wish, house), request, house, access)


@router.post("/api/img2img/")
async def img2img(
    request: Request, house: House, access: Caller, wish: Annotated[ImageWish, Depends(image_wish)]
) -> JSONResponse:
    """Draw from an image."""
    start = {"image": as_given(wish.image, field="image"), "strength": wish.strength}
    return await _drawn(_recipe(wish, house, image=start), request, house, access)


def _recipe(wish: TextWish, house: Rooms, **more: Any) -> Recipe:
    return recipe_of(
        NAMES,
        prompt=wish.prompt,
        negative_prompt=wish.negative_prompt,
        model=model_of(wish.model_id, house),
        width=wish.width,
        height=wish.height,
        steps=wish.steps,
        guidance=wish.guidance_scale,
        seed=wish.seed,
        **more,
    )


async def _drawn(recipe: Recipe, request: Request, house: Rooms, access: Access) -> JSONResponse:
    _, pictures = await drawn(recipe, house, access=access)
    picture = await house.runner.pictures.get(pictures[0].id, workspace=access.workspace)
    url = await address_of(picture.id, house, access=access, request=request, path=_media(picture.id))
    return JSONResponse({"status": "success", "result": _result(picture, url)})


def _media(picture: str) -> str:
    return f"{MEDIA}/{picture}.png"


def _result(picture: PictureRecord, url: str) -> dict[str, Any]:
    recipe = picture.recipe
    about: dict[str, Any] = {"width": picture.width, "height": picture.height, "seed": picture.seed}
    if recipe is not None:
        about |= {"model_id": recipe.model, "steps": recipe.steps, "guidance_scale": recipe.guidance}
    return {
        # A number, as there: the microsecond that no other picture was kept in.
        "id": moment_of(picture.created_at),
        "url": url,
        "prompt": recipe.prompt if recipe else "",
        "created_at": moment(picture.created_at),
        "picture": picture.id,
        **about,
    }
