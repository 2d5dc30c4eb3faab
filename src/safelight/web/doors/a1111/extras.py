"""Enlarging pictures by resampling, without drawing anything."""

import asyncio
from io import BytesIO
from typing import Annotated

from fastapi import Depends
from fastapi.responses import JSONResponse
from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field

from safelight.domain.access import Access
from safelight.domain.errors import InvalidRecipe, NotAllowed, NotFound, UnusableImage
from safelight.domain.recipe import SIZE_LIMIT
from safelight.store.decoding import measured
from safelight.web.admitting import Caller
from safelight.web.body import body_of
from safelight.web.doors.a1111.answering import refusal
from safelight.web.doors.images import base64, given
from safelight.web.doors.recipes import unsupported
from safelight.web.doors.telling import router_of
from safelight.web.rooms import House, Rooms

router = router_of(refusal, prefix="/sdapi/v1")
RESAMPLERS = {"Lanczos": Image.Resampling.LANCZOS, "Nearest": Image.Resampling.NEAREST}
PIXELS_LIMIT = SIZE_LIMIT * SIZE_LIMIT


class Extras(BaseModel):
    """How to enlarge."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    resize_mode: int = Field(default=0, ge=0, le=1)
    """0 by a factor, 1 to a size."""
    upscaling_resize: float = Field(default=2, gt=0, le=8)
    upscaling_resize_w: int = Field(default=512, ge=1, le=SIZE_LIMIT)
    upscaling_resize_h: int = Field(default=512, ge=1, le=SIZE_LIMIT)
    upscaling_crop: bool = True
    upscaler_1: str = "None"
    upscaler_2: str = "None"
    extras_upscaler_2_visibility: float = 0
    gfpgan_visibility: float = 0
    codeformer_visibility: float = 0


class OneToEnlarge(Extras):
    image: str


class FileToEnlarge(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    data: str
    name: str = ""


class ManyToEnlarge(Extras):
    images: tuple[FileToEnlarge, ...] = Field(alias="imageList", max_length=16)


@router.post("/extra-single-image")
async def single(
    house: House,
    access: Caller,
    asked: Annotated[OneToEnlarge, Depends(body_of(OneToEnlarge, what="a request", strict=False, images=True))],
) -> JSONResponse:
    """Enlarge one."""
    return JSONResponse({"html_info": "", "image": await _enlarged(asked, asked.image, house, access)})


@router.post("/extra-batch-images")
async def batch(
    house: House,
    access: Caller,
    asked: Annotated[ManyToEnlarge, Depends(body_of(ManyToEnlarge, what="a request", strict=False, images=True))],
) -> JSONResponse:
    """Enlarge several."""
    images = [await _enlarged(asked, one.data, house, access) for one in asked.images]
    return JSONResponse({"html_info": "", "images": images})


async def _enlarged(asked: Extras, image: str, house: Rooms, access: Access) -> str:
    for name in ("gfpgan_visibility", "codeformer_visibility", "extras_upscaler_2_visibility"):
        if value := getattr(asked, name):
            raise unsupported(name, value)
    if asked.upscaler_1 not in ("None", *RESAMPLERS):
        raise NotFound(
            f"The upscaler '{asked.upscaler_1[:60]}' does not enlarge finished pictures.",
            hint=f"Choose one of: {', '.join(RESAMPLERS)}. Networks enlarge in a second pass: enable_hr.",
        )
    data = await asyncio.to_thread(given, image, field="image")
    measured(data)
    moderation = house.runner.moderation
    if moderation.gate.pixels is not None:
        verdict = await moderation.look(data, workspace=access.workspace, caller=access.caller)
        if not verdict.allowed:
            raise NotAllowed(
                verdict.reason, hint="Send another image.", categories=[c.value for c in verdict.refused_for]
            )
    return base64(await asyncio.to_thread(_resized, data, asked))


def _resized(data: bytes, asked: Extras) -> bytes:
    try:
        with Image.open(BytesIO(data)) as opened:
            if opened.width * opened.height > PIXELS_LIMIT:
                raise UnusableImage("The image has too many pixels.", hint=f"{SIZE_LIMIT}x{SIZE_LIMIT} are the most.")
            image = ImageOps.exif_transpose(opened).convert("RGBA" if opened.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnusableImage("The image cannot be read.", hint="Send it as PNG, JPEG or WebP.") from error
    if asked.upscaler_1 != "None":
        image = _to_size(image, asked, RESAMPLERS[asked.upscaler_1])
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _to_size(image: Image.Image, asked: Extras, how: Image.Resampling) -> Image.Image:
    width, height = asked.upscaling_resize_w, asked.upscaling_resize_h
    if asked.resize_mode == 1 and asked.upscaling_crop:
        return ImageOps.fit(image, (width, height), how)
    scale = asked.upscaling_resize
    if asked.resize_mode == 1:
        scale = max(width / image.width, height / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if max(size) > SIZE_LIMIT:
        raise InvalidRecipe(
            f"{size[0]}x{size[1]} pixels are too many.",
            hint=f"No side may be longer than {SIZE_LIMIT}.",
            fields={"upscaling_resize": "makes it too large"},
        )
    return image.resize(size, how)
