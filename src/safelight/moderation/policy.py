"""From which score on something is refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from safelight.domain.frozen import Frozen
from safelight.domain.verdict import Category
from safelight.domain.workspace import Stricter
from safelight.moderation.reading import read_toml

FILE = "policy.toml"
WORDS_THRESHOLD, PIXELS_THRESHOLD = 0.7, 0.8

Thresholds = Mapping[Category, Annotated[float, Field(ge=0)]]


class Policy(Frozen):
    """Thresholds by category. One above 1 lets everything of it pass; that of `minors` cannot be raised."""

    thresholds: Thresholds = Field(default_factory=dict)
    """Of texts; left out, 0.7."""
    pixels: Thresholds = Field(default_factory=dict)
    """Of pictures; left out, 0.8."""
    loosest: Thresholds = Field(default_factory=dict)
    """The highest that a workspace may set for texts; left out, the server's own, so that it can only be stricter."""
    loosest_pixels: Thresholds = Field(default_factory=dict)
    """The same, of pictures."""

    def limit(self, category: Category, *, pixels: bool = False) -> float:
        """The highest threshold that a workspace may set."""
        given, loosest, usual = (
            (self.pixels, self.loosest_pixels, PIXELS_THRESHOLD)
            if pixels
            else (self.thresholds, self.loosest, WORDS_THRESHOLD)
        )
        own = given.get(category, usual)
        return min(own, usual) if category is Category.MINORS else max(own, loosest.get(category, own))

    def beyond(self, wished: Stricter) -> Mapping[str, str]:
        """What a workspace wishes and may not have, by the names of the fields."""
        return {
            f"moderation.{kind}.{category}": f"may be at most {self.limit(category, pixels=pixels):g} on this server"
            for kind, pixels, thresholds in (("texts", False, wished.texts), ("pictures", True, wished.pictures))
            for category, threshold in thresholds.items()
            if threshold > self.limit(category, pixels=pixels)
        }

    def within(self, wished: Stricter) -> Self:
        """This one with what a workspace wishes; nothing of it goes beyond the limits, whenever they were set."""
        texts = {one: min(most, self.limit(one)) for one, most in wished.texts.items()}
        pixels = {one: min(most, self.limit(one, pixels=True)) for one, most in wished.pictures.items()}
        if not texts and not pixels:
            return self
        return self.model_copy(update={"thresholds": {**self.thresholds, **texts}, "pixels": {**self.pixels, **pixels}})

    def over(self, scores: Mapping[Category, float], *, pixels: bool = False) -> tuple[Category, ...]:
        """The categories whose scores reach their thresholds, the gravest first."""
        given, usual = (self.pixels, PIXELS_THRESHOLD) if pixels else (self.thresholds, WORDS_THRESHOLD)
        reached = [
            category
            for category, score in scores.items()
            if score
            >= (min(given.get(category, usual), usual) if category is Category.MINORS else given.get(category, usual))
        ]
        return tuple(sorted(reached, key=lambda category: -scores[category]))


def read_policy(folder: Path) -> Policy:
    """The policy in `policy.toml` of a folder, or ours where there is none.

    Raises:
        Misconfigured: it cannot be read.
    """
    file = folder / FILE
    if not file.is_file():
        return Policy()
    return read_toml(Policy, file, what="policy", example="[thresholds] and below it: sexual = 0.5")
