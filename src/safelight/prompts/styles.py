"""The styles of this server: ours, and the user's own from `styles.json` and `styles.csv`."""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from safelight.domain.errors import Misconfigured
from safelight.domain.styles import STYLES, Style

JSON_FILE = "styles.json"
CSV_FILE = "styles.csv"


def read_styles(folder: Path) -> Mapping[str, Style]:
    """Every style by its id; a user's goes before one of ours with the same id.

    Args:
        folder: where `styles.json` (a list of styles) and `styles.csv` (as AUTOMATIC1111 keeps it, with the columns
            `name`, `prompt` and `negative_prompt`) may lie.

    Raises:
        Misconfigured: a file cannot be read.
    """
    styles = {style.id: style for style in STYLES}
    for name, rows in ((CSV_FILE, _csv_rows), (JSON_FILE, _json_rows)):
        path = folder / name
        if path.is_file():
            styles |= {style.id: style for style in _styles(path, rows(path))}
    return styles


def _styles(path: Path, rows: Iterator[dict[str, Any]]) -> Iterator[Style]:
    try:
        for row in rows:
            yield Style.model_validate({"id": slug(str(row.get("name", ""))), **row})
    except (ValidationError, ValueError, TypeError, OSError, csv.Error) as error:
        raise Misconfigured(
            f"The styles in {path} cannot be read: {str(error)[:300]}.",
            hint="Each style has a name, and may have id, prompt, negative_prompt and suits (sprite or general).",
        ) from error


def _csv_rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            # AUTOMATIC1111 keeps headings as styles without words.
            if row.get("name") and (row.get("prompt") or row.get("negative_prompt")):
                kept = ("name", "prompt", "negative_prompt")
                yield {name: row.get(name) or "" for name in kept}


def _json_rows(path: Path) -> Iterator[dict[str, Any]]:
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(document, list):
        raise ValueError("it does not hold a list")
    for row in document:
        yield dict(row)


def slug(name: str) -> str:
    """A name as an id: `Line Art` is `line-art`."""
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")[:100]
