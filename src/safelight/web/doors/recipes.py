"""From the fields of a door to a recipe."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from safelight.domain.errors import InvalidRecipe
from safelight.domain.model_card import ModelCard
from safelight.domain.presets import TIERS, Tier
from safelight.domain.recipe import Recipe
from safelight.web.problems import invalid
from safelight.web.rooms import Rooms

KNOWN = frozenset(Recipe.model_fields)


def recipe_of(names: Mapping[str, str] | None = None, /, **fields: Any) -> Recipe:
    """A recipe; what is None is left to the model.

    Args:
        names: what fields of the recipe are called at the door, where that is something else.

    Raises:
        InvalidRecipe: in the door's names.
    """
    try:
        return Recipe.model_validate({name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        found = invalid(error, known=KNOWN)
        wrong = {_named(field, names or {}): fault for field, fault in found.fields.items()}
        detail = f"Not valid: {', '.join(wrong)}."
        raise InvalidRecipe(
            detail, hint="; ".join(f"{n}: {f}" for n, f in wrong.items())[:600], fields=wrong
        ) from error


def here(house: Rooms) -> list[ModelCard]:
    """The models that can be drawn with, the default one first."""
    return [card for card in house.runner.providers.models() if card.here]


def model_of(name: str | None, house: Rooms) -> str | None:
    """A model by its id, its name, or the name of its file; None for the default one. Raises UnknownModel."""
    if name is None or not name.strip():
        return None
    plain = _plain(name)
    cards = house.runner.providers.models()
    for card in cards:
        if card.id == name or plain in (_plain(card.id), _plain(card.name)):
            return card.id
    return house.runner.providers.find(name)[1].id


def tier_of(name: str) -> Tier:
    """A quality tier. Raises InvalidRecipe where there is none of that name."""
    for tier in TIERS:
        if tier.id == name.lower():
            return tier
    names = [tier.id for tier in TIERS]
    near = get_close_matches(name.lower(), names, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"Choose one of: {', '.join(names)}."
    raise InvalidRecipe(f"There is no quality '{name[:40]}'.", hint=hint, fields={"quality": hint})


def effort(tier: Tier | None, card: ModelCard) -> dict[str, Any]:
    """Steps and guidance of a tier. A model that was distilled to a few steps without guidance keeps its own."""
    if tier is None or card.defaults.guidance <= 1:
        return {}
    return {"steps": tier.steps, "guidance": tier.guidance}


def size_of(text: str | None, *, field: str = "size") -> tuple[int | None, int | None]:
    """Width and height of `512x768`; None for `auto`. Raises InvalidRecipe."""
    if text is None or text == "auto":
        return None, None
    width, _, height = text.lower().partition("x")
    if not all(side.isascii() and side.isdigit() and len(side) < 6 for side in (width, height)):
        raise InvalidRecipe(
            f"'{text[:40]}' is not a size.",
            hint="Write it like 512x768, or auto.",
            fields={field: "is not WIDTHxHEIGHT, nor auto"},
        )
    return int(width), int(height)


def unsupported(field: str, value: object) -> InvalidRecipe:
    """For a wish that no model here fulfils: better said than forgotten."""
    return InvalidRecipe(
        f"`{field}` is not done here (it was {str(value)[:60]!r}).",
        hint=f"Leave `{field}` out.",
        fields={field: "is not done here"},
    )


def _named(field: str, names: Mapping[str, str]) -> str:
    first, dot, rest = field.partition(".")
    return names.get(field) or f"{names.get(first, first)}{dot}{rest}"


def _plain(name: str) -> str:
    """Without folders, without the ending of a file, without the hash that A1111 puts behind it."""
    stem = name.replace("\\", "/").rpartition("/")[2].partition(" [")[0].strip().lower()
    return stem.removesuffix(".safetensors").removesuffix(".ckpt")
