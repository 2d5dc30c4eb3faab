"""The images that a recipe refers to: where they stand in it, and how to put others in their place."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from safelight.domain.frozen import Frozen
from safelight.domain.recipe import Recipe

FIELDS = frozenset({"image", "mask"})
"""Names of the fields that hold an image, wherever they stand in a recipe."""


class Image(Frozen):
    """An image that was given to draw with."""

    id: str
    """Made of its content: the same image has the same id, however often it is given."""
    url: str
    width: int
    height: int
    media_type: str
    bytes: int


def image_fields(recipe: Recipe) -> Mapping[str, str]:
    """Every image of a recipe, by the dotted name of its field, such as `controls.0.image`."""
    return dict(_found(recipe.model_dump(), ""))


def with_images(recipe: Recipe, replace: Callable[[str, str], str]) -> Recipe:
    """The recipe with `replace(field, image)` in the place of each of its images."""
    return Recipe.model_validate(_replaced(recipe.model_dump(), "", replace))


def _found(value: Any, name: str) -> Iterator[tuple[str, str]]:
    for key, one in _members(value):
        if isinstance(one, str) and key in FIELDS:
            yield f"{name}{key}", one
        yield from _found(one, f"{name}{key}.")


def _replaced(value: Any, name: str, replace: Callable[[str, str], str]) -> Any:
    made = {
        key: replace(f"{name}{key}", one)
        if isinstance(one, str) and key in FIELDS
        else _replaced(one, f"{name}{key}.", replace)
        for key, one in _members(value)
    }
    if isinstance(value, dict):
        return made
    return tuple(made.values()) if isinstance(value, tuple | list) else value


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, tuple | list):
        yield from ((str(index), one) for index, one in enumerate(value))
