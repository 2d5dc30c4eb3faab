"""From which score on something is refused."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from safelight.domain.errors import Misconfigured
from safelight.domain.frozen import Frozen
from safelight.domain.verdict import Category

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
    try:
        return Policy.model_validate(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, ValidationError) as error:
        raise Misconfigured(
            f"The policy {file} cannot be read: {str(error)[:300]}.",
            hint="It is TOML, for example: [thresholds] and below it: sexual = 0.5.",
        ) from error
