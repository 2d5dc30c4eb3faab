"""Drawing, the settings, and what pictures say of themselves."""

import asyncio
from io import BytesIO
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from PIL import Image
from pydantic import BaseModel, ConfigDict

from safelight.domain.access import Access
from safelight.domain.errors import Malformed, UnusableImage
from safelight.domain.events import Cancelled
from safelight.store.decoding import measured
from safelight.store.metadata import found, infotext
from safelight.web.admitting import Caller
from safelight.web.body import body_of
from safelight.web.doors.a1111.answering import answered, refusal
from safelight.web.doors.a1111.asking import Asked, AskedWithImage, recipe_for
from safelight.web.doors.a1111.desk import TheDesk
from safelight.web.doors.following import ending, finished_of
from safelight.web.doors.images import given
from safelight.web.doors.recipes import here, model_of
from safelight.web.doors.telling import router_of
from safelight.web.rooms import House, Rooms

router = router_of(refusal, prefix="/sdapi/v1")
ToDraw = Annotated[Asked, Depends(body_of(Asked, what="a request", strict=False, images=True))]
ToRedraw = Annotated[AskedWithImage, Depends(body_of(AskedWithImage, what="a request", strict=False, images=True))]
KEPT = ("sd_model_checkpoint", "CLIP_stop_at_last_layers")
"""The settings that change what is drawn. Others may be set, and change nothing."""


class Options(BaseModel):
    """The body of `options`: whatever settings there are."""

    model_config = ConfigDict(extra="allow")


class OneImage(BaseModel):
    model_config = ConfigDict(extra="ignore")

    image: str


OptionsBody = Annotated[Options, Depends(body_of(Options, what="settings", strict=False))]
OneImageBody = Annotated[OneImage, Depends(body_of(OneImage, what="an image", strict=False, images=True))]


@router.post("/txt2img")
async def txt2img(house: House, access: Caller, desk: TheDesk, asked: ToDraw) -> JSONResponse:
    """Draw."""
    return await _drawn(asked, house, access, desk)


@router.post("/img2img")
async def img2img(house: House, access: Caller, desk: TheDesk, asked: ToRedraw) -> JSONResponse:
    """Draw from an image, or a part of it anew."""
    return await _drawn(asked, house, access, desk)


async def _drawn(asked: Asked, house: Rooms, access: Access, desk: TheDesk) -> JSONResponse:
    place = desk.of(access)
    recipe = await asyncio.to_thread(recipe_for, asked, place.options, house)
    record = await house.runner.submit(recipe, access=access)
    with place.drawing(record.id, task=asked.force_task_id):
        end = await ending(await house.runner.feed(record.id, access=access), house)
    # Whoever interrupts gets what there is.
    stopped = isinstance(end, Cancelled)
    pictures = await house.runner.pictures.of(record.id) if stopped else finished_of(end)
    record = await house.runner.get(record.id, access=access)
    return JSONResponse(await answered(asked, record, pictures, house, access=access))


@router.get("/options")
async def options(house: House, access: Caller, desk: TheDesk) -> JSONResponse:
    """The settings, as far as they mean anything here."""
    return JSONResponse(_options(house) | desk.of(access).options)


@router.post("/options")
async def set_options(house: House, access: Caller, desk: TheDesk, wished: OptionsBody) -> JSONResponse:
    """Change the caller's own settings."""
    wanted = {name: value for name, value in (wished.model_extra or {}).items() if name in KEPT}
    if "sd_model_checkpoint" in wanted:
        name = wanted["sd_model_checkpoint"]
        if not isinstance(name, str):
            raise Malformed("`sd_model_checkpoint` is not a name.", hint="GET /sdapi/v1/sd-models lists them.")
        wanted["sd_model_checkpoint"] = house.runner.providers.find(model_of(name, house))[1].id
    desk.of(access).change(wanted)
    return JSONResponse(None)


@router.post("/png-info")
async def png_info(house: House, asked: OneImageBody) -> JSONResponse:
    """How a picture was made, as far as it tells."""
    data = await asyncio.to_thread(given, asked.image, field="image")
    known = [card.id for card in here(house)] + [card.id for card in house.runner.providers.adapters()]
    return JSONResponse(await asyncio.to_thread(_told, data, known))


@router.post("/refresh-checkpoints")
@router.post("/refresh-loras")
@router.post("/refresh-vae")
async def refresh(request: Request) -> JSONResponse:
    """Nothing to do: what is there is looked for whenever it is asked for."""
    return JSONResponse(None)


def _options(house: Rooms) -> dict[str, Any]:
    models = here(house)
    return {
        "sd_model_checkpoint": models[0].id if models else None,
        "sd_checkpoint_hash": "",
        "sd_vae": "Automatic",
        "CLIP_stop_at_last_layers": 1,
        "samples_format": "png",
        "live_previews_enable": True,
        "show_progress_every_n_steps": 1,
        "enable_pnginfo": True,
    }


def _told(data: bytes, known: list[str]) -> dict[str, Any]:
    measured(data)
    try:
        with Image.open(BytesIO(data)) as image:
            made = found(image, known=known)
            items = {name: value for name, value in image.info.items() if isinstance(value, str)}
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnusableImage("The image cannot be read.", hint="Send it as PNG, JPEG or WebP.") from error
    text = items.get("parameters") or (infotext(made.recipe) if made.recipe else "")
    recipe = made.recipe.model_dump(mode="json", exclude_none=True) if made.recipe else {}
    return {"info": text, "items": items, "parameters": recipe}
