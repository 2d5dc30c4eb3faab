"""What a turn under way does to a recipe, so that the recipe draws the turned picture again."""

from collections.abc import Iterator

from safelight.domain.errors import Unsupported
from safelight.domain.progress import Steered
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Change, Turn

DIRECTIONS = ("prompt", "negative_prompt", "guidance")
TURNS_LIMIT = 64
"""Changes, and injections, that a recipe can hold."""


def check_room(recipe: Recipe, turn: Turn) -> None:
    """Raises Unsupported where the recipe could not hold another turn."""
    if max(len(recipe.steering), len(recipe.injections)) >= TURNS_LIMIT and (turn.change or turn.injection):
        raise Unsupported(
            f"A recipe holds {TURNS_LIMIT} changes and as many injections, and this one is full.",
            hint="Let it end, and branch off with a new prompt.",
        )


def before_start(turn: Turn) -> Steered:
    """What becomes of a turn that comes before the first step."""
    return Steered(change=turn.change, injection=turn.injection, stop_after=turn.stop_after)


def turned(recipe: Recipe, news: Steered) -> Recipe:
    """The recipe of a picture that went on as `news` says."""
    if news.change is not None:
        recipe = _redirected(recipe, news.change)
    if news.injection is not None:
        recipe = recipe.model_copy(update={"injections": (*recipe.injections, news.injection)})
    if news.stop_after is not None:
        recipe = recipe.model_copy(update={"stop_after": news.stop_after})
    return recipe


def described(news: Steered) -> str:
    """One sentence about it for the feed."""
    return f"{'; '.join(_parts(news))}."


def _parts(news: Steered) -> Iterator[str]:
    if news.change is not None:
        wishes = news.change.model_dump(include=set(DIRECTIONS), exclude_none=True)
        said = ", ".join(f"{name.replace('_', ' ')} “{value}”" for name, value in wishes.items())
        yield f"From step {news.change.step} on: {said}"
    if news.injection is not None:
        place = news.injection.pattern or "painted mask"
        yield f"Noise after step {news.injection.first}: {place}, strength {news.injection.strength:g}"
    if news.stop_after is not None:
        yield f"Leaves off after step {news.stop_after}"


def _redirected(recipe: Recipe, change: Change) -> Recipe:
    wishes = change.model_dump(include=set(DIRECTIONS), exclude_none=True)
    changes = {one.step: one for one in recipe.steering}
    if change.step in changes:
        changes[change.step] = changes[change.step].model_copy(update=wishes)
    elif change.step == 1:
        return recipe.model_copy(update=wishes)
    else:
        changes[change.step] = change
    return recipe.model_copy(update={"steering": tuple(changes[step] for step in sorted(changes))})
