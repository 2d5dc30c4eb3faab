"""Which adapters are installed, found without loading any (and without torch).

Each root may have `loras/`, `ip_adapters/` and `upscalers/` (`.safetensors` files), `controlnets/` and `tiny_decoders/`
(diffusers folders), `image_encoders/` and `preprocessors/` (transformers folders). They are looked for whenever they
are asked for, so that one may be put there while the server runs.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from safelight.domain.adapting import NAMES, AdapterCard, AdapterKind, unknown_adapter
from safelight.domain.errors import InvalidRecipe, Unsupported
from safelight.domain.recipe import Recipe
from safelight.domain.starting import LANCZOS, LATENT

PLACES = {AdapterKind.LORA: "loras", AdapterKind.CONTROL: "controlnets", AdapterKind.IP_ADAPTER: "ip_adapters"}
REDUX = "image_embedder/config.json"
PICKLES = (".bin", ".ckpt", ".pt", ".pth")
HEADER_LIMIT = 64 * 2**20
"""Bytes of a safetensors header; the format itself allows a little more."""
TRIGGERS = 5


@dataclass(frozen=True)
class Shelf:
    """The adapters in some folders; where two have the same id, the first folder's counts."""

    roots: tuple[Path, ...] = ()

    def cards(self, *, model: str | None = None) -> tuple[AdapterCard, ...]:
        """Every adapter. `model` is the only one that may use them, if only one may."""
        return tuple(
            _card(kind, id, path).model_copy(update={"model": model})
            for kind in AdapterKind
            for id, path in self._all(kind).items()
        )

    def find(self, kind: AdapterKind, id: str) -> Path:
        """A LoRA's or IP-Adapter's file, a control network's folder.

        Raises:
            UnknownModel: there is none; the hint names the nearest.
            Unsupported: there is one, but as a pickle.
        """
        known = self._all(kind)
        if id in known:
            return known[id]
        if any((root / PLACES[kind] / f"{id}{suffix}").is_file() for root in self.roots for suffix in PICKLES):
            raise Unsupported(
                f"The {NAMES[kind]} '{id}' is a pickle, and reading one may run any code that is in it.",
                hint="Convert it to .safetensors, or look for that version where it comes from.",
            )
        raise unknown_adapter(kind, id, known)

    def upscaler(self, name: str) -> Path:
        """An upscaler's file. Raises InvalidRecipe where there is none of that name."""
        files = {
            file.stem: file for root in reversed(self.roots) for file in (root / "upscalers").glob("*.safetensors")
        }
        if name not in files:
            raise InvalidRecipe(
                f"There is no upscaler '{name}'.",
                hint=f"Use one of: {', '.join((LATENT, LANCZOS, *sorted(files)))}.",
                fields={"hires.upscale": "is not installed"},
            )
        return files[name]

    def check(self, recipe: Recipe) -> None:
        """Raises as `find` and `upscaler` do, where one that the recipe asks for is not installed."""
        for lora in recipe.loras:
            self.find(AdapterKind.LORA, lora.id)
        for control in recipe.controls:
            self.find(AdapterKind.CONTROL, control.model)
        if recipe.ip_adapter is not None:
            self.find(AdapterKind.IP_ADAPTER, recipe.ip_adapter.id)
        if recipe.hires is not None and recipe.hires.upscale not in (LATENT, LANCZOS):
            self.upscaler(recipe.hires.upscale)

    def image_encoders(self, name: str | None = None, *, config: str = "config.json") -> Iterator[Path]:
        """Folders of image encoders that hold such a file; only that of a `name`, if one is given."""
        for root in self.roots:
            for folder in sorted((root / "image_encoders").glob("*")):
                if name in (None, folder.name) and (folder / config).is_file():
                    yield folder

    def redux(self, width: int, name: str | None = None) -> Path | None:
        """Folder of the first FLUX.1 Redux whose tokens are `width` numbers wide."""
        folders = self.image_encoders(name, config=REDUX)
        return next((folder for folder in folders if _number(folder / REDUX, "txt_in_features") == width), None)

    def tiny_decoders(self) -> Iterator[Path]:
        """Folders of tiny autoencoders, to draw previews with."""
        return (config.parent for root in self.roots for config in sorted(root.glob("tiny_decoders/*/config.json")))

    def preprocessor(self, name: str) -> Path | None:
        """Folder of the network that makes control images of some kind."""
        folders = (root / "preprocessors" / name for root in self.roots)
        return next((folder for folder in folders if (folder / "config.json").is_file()), None)

    def _all(self, kind: AdapterKind) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for root in self.roots:
            place = root / PLACES[kind]
            for path in sorted(_control_folders(place) if kind is AdapterKind.CONTROL else _weights(place)):
                found.setdefault(path.relative_to(place).with_suffix("").as_posix(), path)
        return found


def projection_width(folder: Path) -> int | None:
    """Numbers in the vector that an image encoder makes of a picture; None where the folder holds none."""
    return _number(folder / "config.json", "projection_dim", 512)  # transformers writes it even where it is the default


def _number(config: Path, name: str, default: int = 0) -> int | None:
    try:
        return int(json.loads(config.read_text(encoding="utf-8")).get(name, default))
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _weights(place: Path) -> Iterator[Path]:
    """Files that are not part of a network of their own, such as the image encoder beside IP-Adapters."""
    return (file for file in place.rglob("*.safetensors") if not (file.parent / "config.json").exists())


def _control_folders(place: Path) -> Iterator[Path]:
    return (config.parent for config in place.rglob("config.json"))


def _card(kind: AdapterKind, id: str, path: Path) -> AdapterCard:
    if path.is_dir():
        size = sum(file.stat().st_size for file in path.glob("*.safetensors"))
        return AdapterCard(id=id, kind=kind, name=path.name, weights_bytes=size)
    found = path.stat()
    said = _metadata(path, found.st_mtime_ns)
    return AdapterCard(
        id=id,
        kind=kind,
        name=said.get("modelspec.title") or said.get("ss_output_name") or path.stem,
        base=said.get("ss_base_model_version") or said.get("modelspec.architecture") or "",
        triggers=_triggers(said),
        weights_bytes=found.st_size,
    )


@lru_cache(maxsize=1024)
def _metadata(path: Path, changed: int) -> Mapping[str, str]:
    """What the makers of a safetensors file wrote into its header. A damaged file says nothing until it is used."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size)) if size <= HEADER_LIMIT else {}
        return {str(name): str(value) for name, value in header.get("__metadata__", {}).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _triggers(said: Mapping[str, str]) -> tuple[str, ...]:
    if phrase := said.get("modelspec.trigger_phrase"):
        return tuple(word.strip() for word in phrase.split(",") if word.strip())
    counts: Counter[str] = Counter()
    try:
        folders: Any = json.loads(said.get("ss_tag_frequency", "{}"))
        for tags in folders.values():
            counts.update({str(tag).strip(): int(count) for tag, count in tags.items()})
    except (ValueError, TypeError, AttributeError):
        return ()
    return tuple(tag for tag, _ in counts.most_common(TRIGGERS))
