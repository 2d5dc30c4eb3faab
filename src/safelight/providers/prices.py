"""What services ask for pictures: a table with a date and sources, and the user's own on top of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from safelight.domain.errors import Misconfigured

FILE = "prices.json"
MILLION = 1e6


class Usage(NamedTuple):
    """Tokens that a picture took."""

    text: int
    image: int
    output: int


@dataclass(frozen=True)
class Prices:
    """In US dollars.

    Attributes:
        date: when the table was written.
    """

    date: str
    pictures: Mapping[str, float]
    tokens: Mapping[str, Mapping[str, float]]
    output_tokens: Mapping[str, Mapping[str, int]]

    @classmethod
    def read(cls, own: Path | None = None) -> "Prices":
        """The table that comes with Safelight, with what `prices.json` in the folder `own` says instead.

        Raises:
            Misconfigured: that file cannot be read.
        """
        table = _document(Path(__file__).with_name(FILE))
        mine = own / FILE if own is not None else None
        more = _document(mine) if mine is not None and mine.is_file() else {}
        return cls(
            date=str(more.get("date", table["date"])),
            pictures={**table["pictures"], **more.get("pictures", {})},
            tokens={**table["tokens"], **more.get("tokens", {})},
            output_tokens=table["output_tokens"],
        )

    def of_picture(self, model: str) -> float | None:
        """By the id of a card; None where nobody here knows."""
        return self.pictures.get(model)

    def expected(self, model: str, *, quality: str, width: int, height: int) -> float | None:
        """About what a picture will cost that is paid by the token, by the name that the service has for the model."""
        price, counts = self.tokens.get(model), self.output_tokens.get(quality)
        if price is None or counts is None:
            return None
        # The counts are documented for about one megapixel (a square) and one and a half.
        square = width == height
        pixels = 1024 * 1024 if square else 1536 * 1024
        counted = counts["square" if square else "oblong"] * max(1.0, width * height / pixels)
        return round(counted * price["output"] / MILLION, 5)

    def paid(self, model: str, usage: Usage) -> float | None:
        """What the tokens that a service counted cost."""
        if (price := self.tokens.get(model)) is None:
            return None
        counted = usage.text * price["text"] + usage.image * price["image"] + usage.output * price["output"]
        return round(counted / MILLION, 6)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        for table in ("pictures", "tokens"):
            if not isinstance(document.get(table, {}), dict):
                raise ValueError(f"`{table}` is not an object")
        if not all(isinstance(usd, int | float) and usd >= 0 for usd in document.get("pictures", {}).values()):
            raise ValueError("a price is not a number")
        return dict(document)
    except (OSError, ValueError, AttributeError) as error:
        raise Misconfigured(
            f"The price table {path} cannot be read: {error}.",
            hint='It looks like {"pictures": {"replicate/owner/name": 0.01}}; see docs/how-to/providers.md.',
        ) from error
