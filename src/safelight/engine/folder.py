"""What a model says about itself, read without loading any weights (and without torch).

A model is a diffusers folder, or a single file, whose layout then says the rest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from safelight.domain.errors import ModelBroken
from safelight.domain.frozen import Frozen
from safelight.domain.model_card import Capability, Defaults, ModelCard, ModelState, Sizes
from safelight.engine.families.facts import PIPELINES, Facts
from safelight.engine.layout import OPTIONAL, TOKENIZERS, WEIGHTS, Layout, config_name, parts_of
from safelight.engine.reading import read_json
from safelight.engine.shelf import Shelf, projection_width
from safelight.engine.single_file import belongs_to, holds, lacking, layout_of
from safelight.engine.weights import Header, missing_pieces, refuse_pickle, weight_files

CHUNKS_LIMIT = 8
"""Times that a text encoder reads on, for a prompt that is longer than it reads at once."""
NATIVE_CELLS = 128
"""Side of the latents that a transformer was trained on, where its configuration does not say."""


class Extra(Frozen):
    """`safelight.json` beside `model_index.json`: what diffusers has no field for. Optional, as are its fields."""

    name: str | None = None
    description: str = ""
    license: str = ""
    defaults: Defaults | None = None
    largest: int | None = None
    premultiplied: bool = False
    """Four-channel pictures have their colours multiplied by alpha."""
    prompt_chunks: int | None = None
    """Chunks of a prompt beyond which the model draws worse; left out, that is not known."""
    image_encoder: str | None = None
    """Name of a folder in `image_encoders/` to look at prompt images with; left out, the first that fits."""


@dataclass(frozen=True)
class ModelFolder:
    """A model on the disk.

    Attributes:
        path: its folder, or its single file.
        id: what it is called here.
        index: `model_index.json`.
        header, layout: of a single file; None of a folder.
        borrowed: folder of the parts that a single file lacks.
        shelf: the adapters that it may use, its own first.
    """

    path: Path
    id: str
    index: Mapping[str, Any]
    extra: Extra
    header: Header | None = None
    layout: Layout | None = None
    borrowed: Path | None = None
    shelf: Shelf = field(default_factory=Shelf)

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        id: str | None = None,
        layout: str | None = None,
        borrowed: Path | None = None,
        shelf: Shelf | None = None,
    ) -> "ModelFolder":
        """
        Args:
            id: left out, the name of the folder or file.
            layout: of a single file that is not told right: its layout's name, or a diffusers folder that is
                configured like it.
            borrowed: of a single file: a diffusers folder of the parts that it lacks.
            shelf: the adapters of all models.

        Raises:
            ModelBroken: it is not a model that the engine knows.
        """
        common = shelf or Shelf()
        if path.is_dir():
            index, extra = read_json(path / "model_index.json"), _read_extra(path / "safelight.json")
            own = Shelf((path, *common.roots))
            return cls(path, id or path.name, _known(index, path), extra, shelf=own)
        if path.suffix != ".safetensors":
            refuse_pickle(path)
            # Says that there is nothing, or no model.
            return cls(path, id or path.name, _known(read_json(path / "model_index.json"), path), Extra())
        header = Header.read(path)
        found = layout_of(header, layout)
        extra = _read_extra(path.with_suffix(".safelight.json"), license=found.license)
        if borrowed is None and layout is not None and Path(layout).is_dir():
            borrowed = Path(layout)
        return cls(path, id or path.stem, _known(found.index, path), extra, header, found, borrowed, common)

    @property
    def facts(self) -> Facts:
        return PIPELINES[self.index["_class_name"]]

    @property
    def family(self) -> str:
        return self.facts.family

    @property
    def parts(self) -> tuple[str, ...]:
        """Those that the engine uses, but for those that the model does without."""
        left_out = [part for part in OPTIONAL if part in self.index and self.place(part) is None]
        without = {*left_out, *(TOKENIZERS[part] for part in left_out)}
        return tuple(part for part in parts_of(self.index) if part not in without)

    @property
    def lacks(self) -> tuple[str, ...]:
        """Of a single file, the parts that its layout's repository has to give: weights that it does not hold, and
        vocabularies that Safelight does not bring along."""
        if self.header is None or self.layout is None or self.borrowed is not None:
            return ()
        tokenizers = [TOKENIZERS[part] for part in self.parts if TOKENIZERS.get(part) in self.index]
        foreign = [tokenizer for tokenizer in tokenizers if "CLIP" not in self.index[tokenizer][1]]
        return (*lacking(self.header, self.layout), *foreign)

    def config(self, part: str) -> Mapping[str, Any]:
        if self.layout is not None:
            return self.layout.configs[part]
        return read_json(self.path / part / config_name(part))

    def place(self, part: str) -> Path | None:
        """Where a part's weights are: its folder, or the single file; None where they are nowhere."""
        if self.header is not None and self.layout is not None and holds(self.header, self.layout, part):
            return self.path
        folder = self.borrowed if self.layout is not None else self.path
        return folder / part if folder is not None and weight_files(folder / part) else None

    def check(self) -> None:
        """Look whether everything is there and whole, as far as that shows without loading it. Raises ModelBroken."""
        for part in self.parts:
            if part not in WEIGHTS:
                continue
            place = self.place(part)
            if place is None:
                raise self._lacks(part)
            if place == self.path:
                continue
            if pieces := missing_pieces(place):
                raise ModelBroken(
                    f"'{place}' is not whole: {pieces[0]} is missing.", hint="Download the model again, with all files."
                )
            for file in weight_files(place):
                Header.read(file)
        self.card(provider="", loaded=False)

    def vae_factor(self) -> int:
        """Pixels of the decoded picture per latent cell, in each direction."""
        config = self.config("vae")
        stages: list[int] = config.get("decoder_block_out_channels") or config["block_out_channels"]
        return int(2 ** (len(stages) - 1))

    def image_encoder(self) -> Path | None:
        """Folder of the image encoder whose vectors can stand where a prompt's states do; None where none fits."""
        if self.family == "flux":
            return self.shelf.redux(self.config("transformer")["joint_attention_dim"], self.extra.image_encoder)
        if self.family != "sd":
            return None
        width = self.config("unet")["cross_attention_dim"]
        candidates = (self.path / "image_encoder", *self.shelf.image_encoders(self.extra.image_encoder))
        return next((folder for folder in candidates if projection_width(folder) == width), None)

    def clip_layers(self) -> int:
        """Layers of the first text encoder."""
        first = next(part for part in TOKENIZERS if part in self.parts)
        return int(self.config(first).get("num_hidden_layers", 1))

    def reading(self) -> tuple[str, int | None, int]:
        """How long a prompt may be: the tokenizer that decides it, the tokens that its encoder reads at once (None for
        what the tokenizer says), and how often it reads."""
        if self.family == "flux":
            return "tokenizer_2", self.facts.t5_tokens // (2 if self.distilled() else 1), 1
        if "text_encoder_3" in self.parts:
            return "tokenizer_3", self.facts.t5_tokens, 1
        first = next(tokenizer for tokenizer in TOKENIZERS.values() if tokenizer in self.parts)
        return first, None, 1 if self.family == "sd3" else CHUNKS_LIMIT

    def distilled(self) -> bool:
        """Whether the model was distilled to a few steps without guidance."""
        if self.family == "flux":
            return not self.config("transformer").get("guidance_embeds", False)
        scheduler = self.config("scheduler")
        return scheduler.get("timestep_spacing") == "trailing" and not scheduler.get("rescale_betas_zero_snr")

    def card(self, *, provider: str, loaded: bool) -> ModelCard:
        """Raises ModelBroken where a configuration is missing, unreadable, or lacks something."""
        try:
            return self._card(provider=provider, loaded=loaded)
        except (KeyError, TypeError, StopIteration) as error:
            raise ModelBroken(
                f"The configuration of '{self.id}' lacks {error}.", hint="Download the model again."
            ) from error

    def _card(self, *, provider: str, loaded: bool) -> ModelCard:
        facts, factor, denoiser = self.facts, self.vae_factor(), self.config(self.facts.denoiser)
        native = denoiser.get("sample_size", NATIVE_CELLS) * factor
        transparent = self.config("vae").get("out_channels") == 4
        # Every stage of a UNet halves the latents; an odd size would not come back up.
        cells = facts.patch or 2 ** (len(denoiser["block_out_channels"]) - 1)
        defaults = self.extra.defaults or (facts.distilled if self.distilled() else facts.defaults)
        skips = self.clip_layers() - 1 if facts.skips else 0
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
                multiple=factor * cells,
                smallest=min(native, factor * 8),
                largest=max(native, self.extra.largest or facts.largest),
            ),
            defaults=defaults,
            samplers=facts.samplers,
            schedules=facts.schedules,
            capabilities=facts.capabilities
            | ({Capability.TRANSPARENCY} if transparent else set())
            | ({Capability.CLIP_SKIP} if skips else set())
            | ({Capability.PROMPT_IMAGE} if self.image_encoder() is not None else set()),
            clip_skip_limit=skips,
            weights_bytes=self.weights_bytes(),
            state=ModelState.LOADED if loaded else ModelState.INSTALLED,
        )

    def parameters(self, part: str) -> int:
        """Numbers that a part is made of; 0 where its weights are nowhere."""
        return sum(self._sizes(part))

    def passing_parameters(self, part: str) -> int:
        """Numbers of a part that are in the device's memory at once where its layers come and go: of the one that is
        computed with, and of the one that comes next."""
        return sum(nlargest(2, self._sizes(part)))

    def _sizes(self, part: str) -> Iterator[int]:
        """Numbers in each of a part's tensors."""
        place = self.place(part)
        if self.header is not None and self.layout is not None and place == self.path:
            return self.header.sizes(belongs_to(part, self.layout))
        files = weight_files(place) if place is not None else ()
        return chain.from_iterable(Header.read(file).sizes() for file in files)

    def weights_bytes(self) -> int:
        """Of all parts, on the disk."""
        places = {place for part in self.parts if part in WEIGHTS and (place := self.place(part))}
        files = {file for place in places for file in (weight_files(place) if place != self.path else (place,))}
        return sum(file.stat().st_size for file in files)

    def _lacks(self, part: str) -> ModelBroken:
        if self.layout is not None:
            return ModelBroken(
                f"'{self.path.name}' has no {part}.",
                hint=f"Add it on a machine that reaches the Hugging Face hub: {self.layout.hub} has what it lacks.",
            )
        pickled = [file.name for file in (self.path / part).glob("*.bin")]
        return ModelBroken(
            f"'{self.path}' has no weights for its {part}" + (" but a pickle." if pickled else "."),
            hint="Save it with `safe_serialization=True`, or get a .safetensors copy: a pickle can run any program."
            if pickled
            else "Download the model again, with its large files.",
        )


def _known(index: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    pipeline = index.get("_class_name")
    if pipeline not in PIPELINES:
        raise ModelBroken(
            f"'{path}' holds a {pipeline}, which the engine cannot run.",
            hint=f"Known pipelines: {', '.join(PIPELINES)}.",
        )
    return index


def _read_extra(path: Path, *, license: str = "") -> Extra:
    if not path.exists():
        return Extra(license=license)
    try:
        return Extra.model_validate({"license": license, **read_json(path)})
    except ValidationError as error:
        raise ModelBroken(f"'{path}' is not valid: {error}.", hint="Mend or remove the file.") from error
