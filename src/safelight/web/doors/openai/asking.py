"""What OpenAI's clients ask for, and the recipe that it is."""

import asyncio
import re
from io import BytesIO
from typing import Annotated, Any, Literal, Self

from PIL import ImageChops
from pydantic import BaseModel, ConfigDict, Field, model_validator

from safelight.domain.adapting import Lora
from safelight.domain.errors import InvalidRecipe, UnknownModel
from safelight.domain.model_card import Capability, ModelCard
from safelight.domain.recipe import Recipe
from safelight.store.decoding import measured, opened
from safelight.web.doors.images import Format, data_url
from safelight.web.doors.recipes import effort, model_of, recipe_of, size_of, tier_of
from safelight.web.rooms import Rooms

QUALITIES = {
    "low": "quick", "medium": "optimized", "standard": "optimized", "high": "high", "hd": "high", "xhigh": "ultra",
    "max": "ultra",
}  # fmt: skip
THEIRS = re.compile(r"(gpt-image|chatgpt-image|dall-e)[\w.-]*")
"""OpenAI's own models, which clients name without being asked: here they mean the default model."""
NAMES = {"guidance": "guidance_scale", "count": "n", "loras": "lora", "width": "size", "height": "size"}
FIDELITY = {"high": 0.45, "low": 0.75}
"""How far an image is redrawn where nothing says where."""
ANEW = 1.0
"""How far it is redrawn under a mask: what was there is forgotten."""


class LoraWish(BaseModel):
    """A LoRA, under the names that other servers have for it."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    id: str = Field(alias="name")
    weight: float = Field(default=1.0, alias="scale")


class ImagesWish(BaseModel):
    """The body of a generation, and the fields of an edit without its images."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    prompt: str
    model: str | None = None
    n: Annotated[int, Field(ge=1, le=10)] | None = None
    size: str | None = None
    quality: Literal["auto", "low", "medium", "high", "xhigh", "max", "standard", "hd"] | None = None
    background: Literal["auto", "transparent", "opaque"] | None = None
    output_format: Format | None = None
    output_compression: Annotated[int, Field(ge=0, le=100)] | None = None
    response_format: Literal["b64_json", "url"] | None = None
    stream: bool | None = None
    partial_images: Annotated[int, Field(ge=0, le=3)] | None = None
    input_fidelity: Literal["high", "low"] | None = None
    moderation: Literal["auto", "low"] | None = None
    """Changes nothing: whoever runs the server decides what it draws."""
    user: str | None = None
    safety_identifier: str | None = None
    seed: int | None = None
    steps: int | None = None
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    negative_prompt: str | None = None
    lora: str | LoraWish | tuple[str | LoraWish, ...] | None = None
    width: int | None = None
    height: int | None = None
    strength: float | None = None

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.background == "transparent" and self.form is Format.JPEG:
            raise ValueError("background: JPEG knows no transparency; use png or webp")
        if self.response_format == "url" and (self.form is not Format.PNG or self.stream):
            raise ValueError("response_format: only whole PNGs have addresses; use b64_json")
        if self.partial_images and not self.stream:
            raise ValueError("partial_images: come with `stream` only")
        return self

    @property
    def form(self) -> Format:
        return self.output_format or Format.PNG

    @property
    def identifier(self) -> str | None:
        return self.safety_identifier or self.user or None


def card_of(wish: ImagesWish, house: Rooms) -> ModelCard:
    """The model that is meant. Raises UnknownModel, NotReady."""
    try:
        return house.runner.providers.find(model_of(wish.model, house))[1]
    except UnknownModel:
        if wish.model is None or not THEIRS.fullmatch(wish.model):
            raise
        return house.runner.providers.find(None)[1]


def recipe_for(wish: ImagesWish, card: ModelCard, **more: Any) -> Recipe:
    """The recipe of a wish; `more` are the fields that its images are. Raises InvalidRecipe."""
    _check_background(wish, card)
    width, height = size_of(wish.size)
    tier = tier_of(QUALITIES[wish.quality]) if wish.quality in QUALITIES else None
    given = {"steps": wish.steps or wish.num_inference_steps, "guidance": wish.guidance_scale}
    sides = {"width": wish.width or width, "height": wish.height or height}
    fields = {**more, **effort(tier, card), **{name: value for name, value in (given | sides).items() if value}}
    if wish.guidance_scale is not None:
        fields["guidance"] = wish.guidance_scale
    return recipe_of(
        NAMES,
        **fields,
        prompt=wish.prompt,
        negative_prompt=wish.negative_prompt,
        model=card.id,
        seed=wish.seed,
        count=wish.n,
        loras=_loras(wish),
    )


async def edited(wish: ImagesWish, card: ModelCard, *, image: bytes, mask: bytes | None) -> Recipe:
    """The recipe of an edit: what is transparent in the mask is drawn anew; without one, all of it.

    Raises:
        InvalidRecipe, UnusableImage: an image or the mask cannot be used, or a field is wrong.
    """
    url = data_url(image, field="image")
    strength = wish.strength
    if strength is None:
        strength = ANEW if mask is not None else FIDELITY.get(wish.input_fidelity or "", 0.6)
    fields: dict[str, Any] = {"image": {"image": url, "strength": strength}}
    width, height, drawn_anew = await asyncio.to_thread(_measured, image, mask)
    if drawn_anew is not None:
        fields["mask"] = {"image": data_url(drawn_anew, field="mask")}
    if wish.size in (None, "auto") and _draws(card, width, height):
        fields |= {"width": width, "height": height}
    return recipe_for(wish, card, **fields)


def _check_background(wish: ImagesWish, card: ModelCard) -> None:
    if wish.background == "transparent" and Capability.TRANSPARENCY not in card.capabilities:
        raise InvalidRecipe(
            f"{card.name} draws no transparent background.",
            hint="Leave `background` out, or choose a model that /api/v1/models lists with `transparency`.",
            fields={"background": "this model draws none that is transparent"},
        )


def _loras(wish: ImagesWish) -> tuple[Lora, ...] | None:
    if wish.lora is None:
        return None
    wished = wish.lora if isinstance(wish.lora, tuple) else (wish.lora,)
    return tuple(Lora(id=one) if isinstance(one, str) else Lora(id=one.id, weight=one.weight) for one in wished)


def _draws(card: ModelCard, *sides: int) -> bool:
    sizes = card.sizes
    return all(sizes.smallest <= side <= sizes.largest and side % sizes.multiple == 0 for side in sides)


def _measured(image: bytes, mask: bytes | None) -> tuple[int, int, bytes | None]:
    """Width and height of the image, and the mask as a recipe takes it: white is drawn anew."""
    size = measured(image)
    if mask is None:
        return *size, None
    with opened(mask) as painted:
        if not painted.has_transparency_data or painted.size != size:
            raise _wrong_mask(f"{size[0]}x{size[1]}")
        alpha = painted.convert("RGBA").getchannel("A")
    out = BytesIO()
    ImageChops.invert(alpha).save(out, "PNG")
    return *size, out.getvalue()


def _wrong_mask(size: str) -> InvalidRecipe:
    problem = f"has to be a PNG of {size} pixels, like the image, and transparent where it is to be drawn anew"
    return InvalidRecipe("The mask cannot be used.", hint=f"It {problem}.", fields={"mask": problem})
