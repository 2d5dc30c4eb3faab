"""Loading the parts of a model, from wherever they lie: diffusers' and transformers' own classes, never a model's code.

with opened(folder) as parts:
    unet = parts.load("unet", device=device, dtype=torch.bfloat16)
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import diffusers
import torch
import transformers
from diffusers.loaders.single_file_utils import (
    create_diffusers_clip_model_from_ldm,
    create_diffusers_t5_model_from_checkpoint,
)
from safetensors.torch import load_file
from torch import Tensor

from safelight.domain.errors import ModelBroken
from safelight.engine.folder import ModelFolder
from safelight.engine.layout import config_name, parts_of
from safelight.engine.networks import BUILDING
from safelight.engine.tuning import UNTUNED, Tuning, offloaded, tune_denoiser
from safelight.engine.vocabulary import not_installed
from safelight.engine.weights import weight_files

LIBRARIES = {"diffusers": diffusers, "transformers": transformers}


class Parts:
    """The parts of one model while it is loaded.

    Args:
        folder: the model.
        configs: a folder of all parts' configurations.
        tuning: of the denoiser, and of what else is large.
    """

    def __init__(self, folder: ModelFolder, configs: Path, tuning: Tuning = UNTUNED) -> None:
        self.folder = folder
        self._tuning = tuning
        self._configs = configs
        self._tensors: dict[str, Tensor] | None = None

    def __contains__(self, part: str) -> bool:
        return part in self.folder.parts

    def load(self, part: str, *, device: torch.device, dtype: torch.dtype) -> Any:
        """A network, ready to be evaluated. Raises ModelBroken where it is missing or not whole."""
        kind, place = self._class(part), self.folder.place(part)
        if place is None:
            raise ModelBroken(
                f"The model '{self.folder.id}' has no weights for its {part}.", hint="Install the model again."
            )
        with BUILDING:
            if place == self.folder.path:
                network, missing = self._from_single_file(kind, part, dtype)
            else:
                network, missing = _from_folder(kind, place, dtype)
        if missing:
            raise ModelBroken(
                f"The {part} of '{self.folder.id}' is not whole: {len(missing)} of its tensors are missing, such as "
                f"'{sorted(missing)[0]}'.",
                hint="Download the model again, or say with `layout` what it is made like.",
            )
        return self._placed(network.eval().requires_grad_(False), part, device)

    def _placed(self, network: Any, part: str, device: torch.device) -> Any:
        if part == self.folder.facts.denoiser:
            return tune_denoiser(network, self._tuning, device=device)
        if self._tuning.offload and isinstance(network, transformers.T5EncoderModel):
            return offloaded(network, device)
        return network.to(device)

    def _class(self, part: str) -> Any:
        library, name = self.folder.index[part]
        kind = getattr(LIBRARIES.get(library), name, None)
        if kind is None:
            raise not_installed(self.folder, part)
        return kind

    def _from_single_file(self, kind: Any, part: str, dtype: torch.dtype) -> tuple[Any, set[str]]:
        if self._tensors is None:
            self._tensors = load_file(self.folder.path)
        tensors, configs = dict(self._tensors), str(self._configs)  # the converters take what they use out of it
        if issubclass(kind, diffusers.ModelMixin):
            network = kind.from_single_file(
                tensors, config=configs, subfolder=part, torch_dtype=dtype, local_files_only=True
            )
        else:
            convert = (
                create_diffusers_t5_model_from_checkpoint
                if issubclass(kind, transformers.T5EncoderModel)
                else create_diffusers_clip_model_from_ldm
            )
            network = convert(kind, tensors, config=configs, subfolder=part, torch_dtype=dtype, local_files_only=True)
            network.tie_weights()
        return network, {name for name, value in network.named_parameters() if value.is_meta}


@contextmanager
def opened(folder: ModelFolder, tuning: Tuning = UNTUNED) -> Iterator[Parts]:
    """The parts of a model. What they share, a single file's tensors, is let go at the end."""
    if folder.layout is None:
        yield Parts(folder, folder.path, tuning)
        return
    with TemporaryDirectory(prefix="safelight-") as scratch:
        for part in parts_of(folder.index):
            (Path(scratch) / part).mkdir()
            (Path(scratch) / part / config_name(part)).write_text(json.dumps(dict(folder.config(part))))
        yield Parts(folder, Path(scratch), tuning)


def _from_folder(kind: Any, place: Path, dtype: torch.dtype) -> tuple[Any, set[str]]:
    variant = "fp16" if all(".fp16" in file.name for file in weight_files(place)) else None
    network, found = kind.from_pretrained(
        place,
        torch_dtype=dtype,
        variant=variant,
        use_safetensors=True,
        local_files_only=True,
        output_loading_info=True,
    )
    return network, set(found["missing_keys"])
