"""What a diffusers folder says about itself, read without loading any weights (and without torch)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from safelight.domain.errors import ModelBroken
from safelight.domain.frozen import Frozen
from safelight.domain.model_card import Capability, Defaults, ModelCard, Sizes
from safelight.domain.recipe import Sampler

PIPELINES = {"StableDiffusionPipeline": "sd"}


class Extra(Frozen):
    """`safelight.json` beside `model_index.json`: what diffusers has no field for. Optional, as are its fields."""

    name: str | None = None
    description: str = ""
    license: str = ""
    defaults: Defaults = Defaults()
    largest: int = 1024
    premultiplied: bool = False
    """Four-channel pictures have their colours multiplied by alpha."""


@dataclass(frozen=True)
class ModelFolder:
    """A stock diffusers directory."""

    path: Path
    index: Mapping[str, Any]
    extra: Extra

    @classmethod
    def open(cls, path: Path) -> "ModelFolder":
        """Raises ModelBroken where the folder is not a pipeline that the engine knows."""
        index = read_json(path / "model_index.json")
        pipeline = index.get("_class_name")
        if pipeline not in PIPELINES:
            raise ModelBroken(
                f"'{path}' holds a {pipeline}, which the engine cannot run.",
                hint=f"Known pipelines: {', '.join(PIPELINES)}.",
            )
        return cls(path, index, _read_extra(path / "safelight.json"))

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def family(self) -> str:
        return PIPELINES[self.index["_class_name"]]

    def config(self, part: str) -> Mapping[str, Any]:
        name = "scheduler_config.json" if part == "scheduler" else "config.json"
        return read_json(self.path / part / name)

    def vae_factor(self) -> int:
        """Pixels of the decoded picture per latent cell, in each direction."""
        config = self.config("vae")
        stages: list[int] = config.get("decoder_block_out_channels") or config["block_out_channels"]
        return int(2 ** (len(stages) - 1))

    def card(self, *, provider: str, loaded: bool) -> ModelCard:
        """Raises ModelBroken where a configuration file is missing or unreadable."""
        unet, factor = self.config("unet"), self.vae_factor()
        native = unet["sample_size"] * factor
        transparent = self.config("vae").get("out_channels") == 4
        capabilities = {Capability.TEXT, Capability.PREVIEWS, Capability.NEGATIVE_PROMPT}
        return ModelCard(
            id=self.id,
            name=self.extra.name or self.id,
            provider=provider,
            family=self.family,
            description=self.extra.description,
            license=self.extra.license,
            sizes=Sizes(
                width=native,
                height=native,
                # Every stage of the UNet halves the latents; an odd size would not come back up.
                multiple=factor * 2 ** (len(unet["block_out_channels"]) - 1),
                smallest=min(native, factor * 8),
                largest=max(native, self.extra.largest),
            ),
            defaults=self.extra.defaults,
            samplers=tuple(Sampler),
            capabilities=frozenset(capabilities | ({Capability.TRANSPARENCY} if transparent else set())),
            weights_bytes=sum(file.stat().st_size for file in self.path.rglob("*.safetensors")),
            loaded=loaded,
        )


def read_json(path: Path) -> dict[str, Any]:
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


def _read_extra(path: Path) -> Extra:
    if not path.exists():
        return Extra()
    try:
        return Extra.model_validate(read_json(path))
    except ValidationError as error:
        raise ModelBroken(f"'{path}' is not valid: {error}.", hint="Mend or remove the file.") from error
