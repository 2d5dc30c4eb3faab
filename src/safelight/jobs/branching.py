"""Branches: the recipe of a picture that goes another way from some step on."""

from collections.abc import Iterable

from pydantic import Field

from safelight.domain.errors import InvalidRecipe
from safelight.domain.frozen import Frozen
from safelight.domain.progress import Steered
from safelight.domain.recipe import Recipe, picture_seed
from safelight.domain.steering import Change, Injection, Step
from safelight.domain.words import Prompt, Words
from safelight.jobs.turning import DIRECTIONS, TURNS_LIMIT, turned


class Changes(Frozen):
    """What is different on a branch. What is left out goes on as in the parent, its later turns included."""

    prompt: Prompt | None = None
    negative_prompt: Words | None = None
    guidance: float | None = Field(default=None, ge=0, le=50)
    injections: tuple[Injection, ...] = Field(default=(), max_length=TURNS_LIMIT)
    """Put in besides those of the parent; none of them before the step of the branch."""
    stop_after: Step | None = None
    """`null` takes the parent's away."""


class Branch(Frozen):
    """Develop a picture of a generation again, with changes."""

    step: Step
    """The first step that is taken anew; those before are the parent's."""
    picture: int = Field(default=0, ge=0)
    """Index of the picture within the generation, from 0."""
    changes: Changes = Changes()


def alone(recipe: Recipe, picture: int) -> Recipe:
    """The recipe that draws one picture of a settled recipe, and no other."""
    assert recipe.seed is not None
    return recipe.model_copy(update={"seed": picture_seed(recipe.seed, picture), "count": 1})


def branched(recipe: Recipe, branch: Branch, *, total: int) -> Recipe:
    """The recipe of a branch: the parent's, alone, and the changes from the step on.

    Args:
        recipe: the parent's, settled.
        total: steps that a picture of it takes.

    Raises:
        InvalidRecipe: the parent has no such picture or step, or a change would come before the step.
    """
    _check(recipe, branch, total=total)
    changes = branch.changes
    wishes = changes.model_dump(include=set(DIRECTIONS), exclude_none=True)
    made = _without_later(alone(recipe, branch.picture), wishes.keys(), step=branch.step)
    if wishes:
        made = turned(made, Steered(change=Change(step=branch.step, **wishes)))
    made = made.model_copy(update={"injections": (*made.injections, *changes.injections)})
    if "stop_after" in changes.model_fields_set:
        made = made.model_copy(update={"stop_after": changes.stop_after})
    try:
        return Recipe.model_validate(made.model_dump())
    except ValueError as error:
        raise _invalid("changes", f"leaves a recipe with more than {TURNS_LIMIT} changes or injections") from error


def share_past(one: Recipe, other: Recipe, *, step: int) -> bool:
    """Whether two recipes of one picture each go the same way up to the moment before `step`."""
    return _past(one, step) == _past(other, step)


def _past(recipe: Recipe, step: int) -> Recipe:
    ended = recipe.stop_after is not None and recipe.stop_after < step
    return recipe.model_copy(
        update={
            "steering": tuple(change for change in recipe.steering if change.step < step),
            "injections": tuple(injection for injection in recipe.injections if injection.first < step),
            "stop_after": recipe.stop_after if ended else None,
        }
    )


def _without_later(recipe: Recipe, wishes: Iterable[str], *, step: int) -> Recipe:
    """A new direction goes to the end: the parent's later ones of the same kind are left out."""
    gone = dict.fromkeys(wishes)
    kept = (change if change.step < step else change.model_copy(update=gone) for change in recipe.steering)
    telling = tuple(change for change in kept if any(getattr(change, name) is not None for name in DIRECTIONS))
    return recipe.model_copy(update={"steering": telling})


def _check(recipe: Recipe, branch: Branch, *, total: int) -> None:
    if branch.picture >= recipe.count:
        raise _invalid("picture", f"is not one of the {recipe.count} of this generation; they are counted from 0")
    if branch.step > total:
        raise _invalid("step", f"comes after the last, which is {total}")
    for index, injection in enumerate(branch.changes.injections):
        if injection.first < branch.step:
            raise _invalid(f"changes.injections.{index}.first", f"comes before the step of the branch, {branch.step}")
    lifted = "stop_after" in branch.changes.model_fields_set
    stop_after = branch.changes.stop_after if lifted else recipe.stop_after
    if stop_after is not None and stop_after < branch.step:
        field = "changes.stop_after" if lifted else "step"
        raise _invalid(field, f"would leave off after step {stop_after}, before the branch at {branch.step} begins")


def _invalid(field: str, fault: str) -> InvalidRecipe:
    return InvalidRecipe(f"Not valid: {field} {fault}.", hint="Choose a step of the parent.", fields={field: fault})
