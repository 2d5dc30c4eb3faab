"""Files that say how to moderate, ours and a user's own."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from safelight.domain.errors import Misconfigured

Model = TypeVar("Model", bound=BaseModel)


def read_toml(model: type[Model], file: Path, *, what: str, example: str) -> Model:
    """A TOML file as one of our models. Raises Misconfigured where it cannot be read."""
    try:
        return model.model_validate(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, ValidationError) as error:
        raise Misconfigured(
            f"The {what} {file} cannot be read: {str(error)[:300]}.", hint=f"It is TOML, for example: {example}."
        ) from error
