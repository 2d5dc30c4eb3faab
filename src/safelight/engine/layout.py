"""How the parts of a model lie in a single file, and how each is configured: what such a file does not say itself.

One JSON file per layout in `layouts/`, so that a single file needs no network. A layout holds `hub` (the repository
that the file's missing parts come from), `license`, `keys` (the first letters of the names of each part's weights),
`index` (as in `model_index.json`) and `configs` (each part's configuration).
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from safelight.domain.frozen import Frozen
from safelight.engine.reading import read_json

WEIGHTS = ("unet", "transformer", "vae", "text_encoder", "text_encoder_2", "text_encoder_3")
TOKENIZERS = {"text_encoder": "tokenizer", "text_encoder_2": "tokenizer_2", "text_encoder_3": "tokenizer_3"}
PARTS = (*WEIGHTS, *TOKENIZERS.values(), "scheduler")
"""What of a pipeline the engine uses. A safety checker and its feature extractor are not among it."""
OPTIONAL = frozenset({"text_encoder_3"})
"""What a model draws without: SD3's largest text encoder (Esser et al., 2024)."""


class Layout(Frozen):
    """One way to put a model into one file."""

    hub: str
    license: str
    keys: Mapping[str, str]
    index: Mapping[str, Any]
    configs: Mapping[str, Mapping[str, Any]]

    def configured(self, folder: Path) -> "Layout":
        """The same keys with the configuration of another model: a diffusers folder, weights not needed."""
        index = read_json(folder / "model_index.json")
        return self.model_copy(update={"index": index, "configs": configs_of(folder, index)})


@cache
def layout(name: str) -> Layout:
    """One of `names()`."""
    return Layout.model_validate(read_json(_file(f"{name}.json")))


@cache
def names() -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in _file("sd15.json").parent.glob("*.json")))


def clip_merges() -> Path:
    """CLIP's byte-pair merges, gzipped, one a line; its whole vocabulary follows from them."""
    return _file("clip_merges.txt.gz")


def configs_of(folder: Path, index: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Every part's configuration in a diffusers folder."""
    return {part: read_json(folder / part / config_name(part)) for part in parts_of(index)}


def parts_of(index: Mapping[str, Any]) -> tuple[str, ...]:
    """The parts that a `model_index.json` names and that the engine uses."""
    return tuple(part for part in PARTS if isinstance(index.get(part), list | tuple) and index[part][1])


def config_name(part: str) -> str:
    if part == "scheduler":
        return "scheduler_config.json"
    return "tokenizer_config.json" if part.startswith("tokenizer") else "config.json"


def _file(name: str) -> Path:
    return Path(str(resources.files("safelight.engine"))) / "layouts" / name
