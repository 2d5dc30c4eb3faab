"""What a picture is told at each of its steps: the recipe, and from their steps on the changes made to it."""

from collections.abc import Callable, Hashable

from safelight.domain.recipe import Recipe
from safelight.domain.steering import Change
from safelight.engine.evaluation import Conditioning

Encode = Callable[[Recipe], Conditioning]
UNGUIDED = 1.0
"""The guidance with which the prompt alone counts."""


class Directions:
    """A pure function of the recipe and the step, so that the recipe of a steered picture draws it again.

    Args:
        encode: turns a recipe's wishes into conditioning.
    """

    def __init__(self, recipe: Recipe, encode: Encode) -> None:
        self._encode = encode
        self._encoded: dict[Hashable, Conditioning] = {}
        self._changes = list(recipe.steering)
        self._legs: list[tuple[int, Recipe, Conditioning]] = [(1, recipe, self._conditioning(recipe))]
        self._follow()

    @property
    def cut(self) -> str:
        """The end of the first prompt that did not fit; empty where all of it did."""
        return self._legs[0][2].cut

    def change(self, change: Change) -> None:
        """Go in another direction from `change.step` on; what the change leaves out stays as it is then."""
        self._changes.append(change)
        self._follow()

    def at(self, step: int, *, total: int, size: tuple[int, int] | None = None) -> tuple[Conditioning, float]:
        """Conditioning and guidance of evaluation `step` (from 1) of `total`.

        Args:
            size: width and height of the picture at that step, where they are not the recipe's.
        """
        _, recipe, conditioning = next(leg for leg in reversed(self._legs) if leg[0] <= step)
        assert recipe.guidance is not None
        counting = tuple(control for control in recipe.controls if control.counts(step=step, total=total))
        if size is not None or counting != recipe.controls:
            width, height = size or (recipe.width, recipe.height)
            then = recipe.model_copy(update={"width": width, "height": height, "controls": counting})
            conditioning = self._conditioning(then)
        span = recipe.guidance_span
        guided = span is None or span.holds(step=step, total=total)
        return conditioning, recipe.guidance if guided else min(recipe.guidance, UNGUIDED)

    def _follow(self) -> None:
        """Go through the changes in the order of their steps: one that came later may turn what follows others."""
        del self._legs[1:]
        _, recipe, _ = self._legs[0]
        for change in sorted(self._changes, key=lambda change: change.step):
            recipe = recipe.model_copy(update=change.model_dump(exclude={"step"}, exclude_none=True))
            self._legs.append((change.step, recipe, self._conditioning(recipe)))

    def _conditioning(self, recipe: Recipe) -> Conditioning:
        told = recipe.prompt, recipe.negative_prompt, recipe.width, recipe.height, recipe.controls
        if told not in self._encoded:
            self._encoded[told] = self._encode(recipe)
        return self._encoded[told]
