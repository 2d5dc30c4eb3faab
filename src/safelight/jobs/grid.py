"""Grids: one recipe, and every combination of what changes along its axes."""

import json
from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

from pydantic import ValidationError

from safelight.domain.batch import CELLS_LIMIT, Axis, BatchWish, Value
from safelight.domain.errors import InvalidRecipe, SafelightError
from safelight.domain.recipe import Recipe

Combination = tuple[Value, ...]


def cells(wish: BatchWish) -> Iterator[tuple[Combination, Recipe]]:
    """Every cell: its value on each axis, and its recipe. The first axis goes fastest.

    Raises:
        InvalidRecipe: there are too many, an axis leads nowhere, or a combination is no recipe.
    """
    if wish.recipe is None:
        yield from (((), recipe) for recipe in wish.recipes or ())
        return
    _check(wish.axes)
    # Not another seed in every cell: what differs is what the axes say.
    document = json.loads(wish.recipe.with_seed().model_dump_json(exclude_unset=True))
    turned = product(*(axis.all() for axis in reversed(wish.axes)))
    for index, values in enumerate(tuple(reversed(combination)) for combination in turned):
        yield values, _recipe(document, wish.axes, values, index=index)


def described(axes: Sequence[Axis], values: Combination) -> str:
    """Where in the grid a cell is, in words."""
    return ", ".join(f"{axis.search or axis.field} = {value}" for axis, value in zip(axes, values, strict=True))


def located(error: SafelightError, index: int, where: str) -> SafelightError:
    """The same complaint, which says of which cell it is."""
    error.detail = f"Cell {index}{f' ({where})' if where else ''}: {error.detail}"
    if isinstance(error, InvalidRecipe):
        error.fields = {f"cells.{index}.{name}": fault for name, fault in error.fields.items()}
    return error


def _check(axes: Sequence[Axis]) -> None:
    size = prod(len(axis.all()) for axis in axes)
    if size > CELLS_LIMIT:
        raise _invalid("axes", f"make {size} cells, and a batch has {CELLS_LIMIT} at most")
    plain = [axis.field for axis in axes if axis.search is None]
    for number, axis in enumerate(axes):
        if plain.count(axis.field) > (axis.search is None):
            raise _invalid(f"axes.{number}.field", f"is changed by another axis as well: {axis.field}")


def _recipe(document: Any, axes: Sequence[Axis], values: Combination, *, index: int) -> Recipe:
    for number, (axis, value) in enumerate(zip(axes, values, strict=True)):
        document = _changed(document, axis, axis.field.split("."), value, name=f"axes.{number}")
    try:
        return Recipe.model_validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        faults = {".".join(map(str, fault["loc"])) or "recipe": fault["msg"] for fault in error.errors()}
        wrong = InvalidRecipe(
            f"Not valid: {', '.join(faults)}.",
            hint="; ".join(f"{name}: {fault}" for name, fault in faults.items())[:600],
            fields=faults,
        )
        raise located(wrong, index, described(axes, values)) from error


def _changed(part: Any, axis: Axis, path: Sequence[str], value: Value, *, name: str) -> Any:
    """A copy of a part of a recipe, changed at the end of the path."""
    step, *rest = path
    if isinstance(part, list):
        if not step.isdigit() or int(step) >= len(part):
            raise _invalid(f"{name}.field", f"leads nowhere: the recipe has no {axis.field}")
        place = int(step)
        changed = _changed(part[place], axis, rest, value, name=name) if rest else value
        return [*part[:place], changed, *part[place + 1 :]]
    if not isinstance(part, dict) or (rest and not isinstance(part.get(step), dict | list)):
        raise _invalid(f"{name}.field", f"leads nowhere: the recipe has no {axis.field}")
    if rest:
        return {**part, step: _changed(part[step], axis, rest, value, name=name)}
    return {**part, step: value if axis.search is None else _replaced(part.get(step), axis, value, name=name)}


def _replaced(text: Any, axis: Axis, value: Value, *, name: str) -> str:
    assert axis.search is not None
    if not isinstance(text, str) or axis.search not in text:
        raise _invalid(f"{name}.search", f"'{axis.search[:80]}' does not stand in {axis.field}")
    return text.replace(axis.search, str(value))


def _invalid(field: str, fault: str) -> InvalidRecipe:
    return InvalidRecipe(f"Not valid: {field} {fault}.", hint="See docs/how-to/draw-a-grid.md.", fields={field: fault})
