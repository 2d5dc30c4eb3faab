"""The models that were added, in `models.json` in the home folder."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from safelight.domain.errors import Misconfigured
from safelight.domain.frozen import Frozen

MEMORY = "models.json"


class Added(Frozen):
    """A model that was added, as it is remembered.

    Attributes:
        source: what it was added from, as it was said.
        path: its folder or file; of one from the hub, in the hub's cache.
        layout, borrowed: as in `ModelFolder.open`.
        repository, parts: what of the hub it needs; None where it needs nothing.
        whole: whether all of that has come.
    """

    id: str
    source: str
    path: Path
    layout: str | None = None
    borrowed: Path | None = None
    repository: str | None = None
    whole: bool = True
    parts: tuple[str, ...] | None = None


def read(path: Path) -> list[Added]:
    """What is remembered; nothing where there is no file yet. Raises Misconfigured where it is damaged."""
    if not path.exists():
        return []
    try:
        return [Added.model_validate(one) for one in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, ValidationError) as error:
        raise Misconfigured(
            f"{path} cannot be read: {str(error)[:200]}", hint="Mend it, or remove it and add the models again."
        ) from error


def write(path: Path, added: Sequence[Added]) -> None:
    """All at once: a crash leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps([one.model_dump(mode="json") for one in added], indent=2) + "\n", encoding="utf-8")
    os.replace(beside, path)
