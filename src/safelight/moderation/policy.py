"""From which score on something is refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from safelight.domain.frozen import Frozen
from safelight.domain.verdict import Category
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
