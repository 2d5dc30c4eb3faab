"""Safelight's own form: JSON with the version of the form, who wrote it, and the recipe."""

import json

from safelight import __version__
from safelight.domain.images import image_fields
from safelight.domain.picture import Origin
from safelight.domain.recipe import Recipe
from safelight.store.metadata.draft import Draft

VERSION = 1


def as_json(recipe: Recipe) -> str:
    """The text that goes into the file."""
    return json.dumps(
        {"version": VERSION, "generator": f"Safelight {__version__}", "recipe": recipe.model_dump(mode="json")},
        ensure_ascii=False,
    )


def from_json(text: str | None) -> Recipe | None:
    """What `as_json` wrote; None for anything else."""
    try:
        document = json.loads(text or "")
        return Recipe.model_validate(document["recipe"]) if document["version"] == VERSION else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None  # Someone else's text under our key; a picture is worth keeping without a recipe.


def draft(text: str) -> Draft | None:
    """What another server of ours wrote. The images that its recipe refers to are not in the file."""
    if (recipe := from_json(text)) is None:
        return None
    made = Draft(Origin.SAFELIGHT, recipe.model_dump(mode="json", exclude_unset=True))
    missing = {name.partition(".")[0] for name in image_fields(recipe)}
    if "image" in missing:
        missing |= {"mask", "outpaint"}
    for name in sorted(missing):
        if made.fields.pop(name, None) is not None:
            made.note(f"{name}: refers to an image that is not inside of the file")
    return made
