"""Which models are installed, and which of them are in memory."""

from collections.abc import Sequence
from pathlib import Path

import diffusers
import transformers

from safelight.domain.errors import ModelBroken
from safelight.engine.device import choose_device, choose_dtype
from safelight.engine.families.family import Family
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.folder import ModelFolder

FAMILIES = {"sd": StableDiffusion}


class Residency:
    """Loads a model when it is first asked for, and keeps it.

    Args:
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `auto`, `float32`, `bfloat16`, `float16`.
    """

    def __init__(
        self, folders: Sequence[Path], *, provider: str = "local", device: str = "auto", dtype: str = "auto"
    ) -> None:
        self._folders = {folder.id: folder for folder in map(ModelFolder.open, folders)}
        self._provider = provider
        self.device = choose_device(device)
        self.dtype = choose_dtype(self.device, dtype)
        self._loaded: dict[str, Family] = {}

    def loaded(self, model: str) -> bool:
        return model in self._loaded

    def family(self, model: str) -> Family:
        """The loaded model. Raises ModelBroken where its files are incomplete or damaged."""
        if model not in self._loaded:
            self._loaded[model] = self._load(self._folders[model])
        return self._loaded[model]

    def _load(self, folder: ModelFolder) -> Family:
        diffusers.logging.set_verbosity_error()
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        try:
            return FAMILIES[folder.family](folder, provider=self._provider, device=self.device, dtype=self.dtype)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelBroken(
                f"The model '{folder.id}' cannot be loaded: {error}",
                hint=f"Look whether the files in '{folder.path}' are complete, or install the model again.",
            ) from error
