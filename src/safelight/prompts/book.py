"""From the prompt that was asked for to the one that is drawn: styles put around it, lots drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from safelight.domain.errors import InvalidRecipe
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Change, Turn
from safelight.domain.styles import STYLES, Style, apply, choose
from safelight.domain.wildcards import expand, has_lots
from safelight.domain.words import PROMPT_LIMIT
from safelight.prompts.enhancement import Enhancer
from safelight.prompts.rules import Rules
from safelight.prompts.words import WordLists

Wish = TypeVar("Wish", Change, Turn)


def _ours() -> Mapping[str, Style]:
    return {style.id: style for style in STYLES}


@dataclass(frozen=True)
class PromptBook:
    """Everything that a prompt may refer to by its name."""

    words: WordLists = field(default_factory=WordLists)
    styles: Mapping[str, Style] = field(default_factory=_ours)
    enhancer: Enhancer = field(default_factory=Rules)

    def write(self, recipe: Recipe) -> Recipe:
        """The recipe with the prompts that are drawn, and a seed; what was asked for is kept beside them.

        A recipe that has a `prompt_template` was written before and stays as it is.

        Raises:
            InvalidRecipe: a style or list of words is not known, or the prompt grows beyond its limit.
        """
        if recipe.prompt_template is not None:
            return recipe
        seeded = recipe.with_seed()
        chosen = choose(seeded.styles, self.styles)
        styled = apply(chosen, prompt=seeded.prompt, negative_prompt=seeded.negative_prompt)
        lists = self._lists(*styled, *(text for change in seeded.steering for text in _wishes(change).values()))
        prompt, negative = (
            _written(text, lists=lists, seed=f"{seeded.seed} {field}", field=field)
            for text, field in zip(styled, ("prompt", "negative_prompt"), strict=True)
        )
        if not prompt:
            raise InvalidRecipe(
                "Nothing is left of the prompt once its lots are drawn.",
                hint="Give an alternative that is not empty.",
                fields={"prompt": "came out empty"},
            )
        steering = tuple(
            _changed(change, lists=lists, seed=f"{seeded.seed} {change.step}") for change in seeded.steering
        )
        written = seeded.model_copy(update={"prompt": prompt, "negative_prompt": negative, "steering": steering})
        if written == seeded:
            return seeded
        templates = {"prompt_template": recipe.prompt, "negative_template": recipe.negative_prompt}
        return written.model_copy(update=templates)

    def change(self, change: Change, *, seed: int) -> Change:
        """A change under way with its lots drawn, as `seed`, the recipe's, decides.

        Raises:
            InvalidRecipe: a list of words is not known, or the prompt grows beyond its limit.
        """
        return _changed(change, lists=self._lists(*_wishes(change).values()), seed=f"{seed} {change.step}")

    def turn(self, turn: Turn, *, seed: int, step: int) -> Turn:
        """As `change`, for what is asked of a generation whose last step was `step`."""
        return _changed(turn, lists=self._lists(*_wishes(turn).values()), seed=f"{seed} {step + 1}")

    def _lists(self, *texts: str) -> Mapping[str, Sequence[str]]:
        return self.words.read() if any(map(has_lots, texts)) else {}


def _wishes(wish: Change | Turn) -> Mapping[str, str]:
    wishes = {"prompt": wish.prompt, "negative_prompt": wish.negative_prompt}
    return {field: text for field, text in wishes.items() if text is not None}


def _changed(wish: Wish, *, lists: Mapping[str, Sequence[str]], seed: str) -> Wish:
    written = {
        field: _written(text, lists=lists, seed=f"{seed} {field}", field=field) for field, text in _wishes(wish).items()
    }
    return wish.model_copy(update=written)


def _written(text: str, *, lists: Mapping[str, Sequence[str]], seed: str, field: str) -> str:
    written = expand(text, seed=seed, lists=lists, field=field).strip()
    if len(written) > PROMPT_LIMIT:
        raise InvalidRecipe(
            f"With its styles the {field.replace('_', ' ')} has more than {PROMPT_LIMIT:,} characters.",
            hint="Shorten it, or leave a style out.",
            fields={field: "is too long with its styles"},
        )
    return written
