"""Reading the small files of a model, with words for what can be wrong with them."""

import json
from pathlib import Path
from typing import Any

from safelight.domain.errors import ModelBroken


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object. Raises ModelBroken where there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelBroken(
            f"'{path}' cannot be read: {error.strerror}.",
            hint="A model is a diffusers folder with model_index.json in it.",
        ) from error
    except ValueError as error:
        raise ModelBroken(f"'{path}' is not valid JSON: {error}.", hint="Download the model again.") from error
    if not isinstance(content, dict):
        raise ModelBroken(f"'{path}' does not hold a JSON object.", hint="Download the model again.")
    return content
