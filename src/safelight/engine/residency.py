"""Which models are installed, and which of them are in memory."""

import gc
from collections.abc import Callable, Mapping
from pathlib import Path

import diffusers
import transformers

from safelight.domain.errors import ModelBroken
from safelight.engine.device import choose_device, choose_dtype, free_memory
from safelight.engine.embeddings import Embeddings
from safelight.engine.families.family import Family
from safelight.engine.families.flux import Flux
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.families.sd3 import StableDiffusion3
from safelight.engine.families.sdxl import StableDiffusionXL
from safelight.engine.folder import ModelFolder

FAMILIES: Mapping[str, Callable[..., Family]] = {
    "sd": StableDiffusion,
    "sdxl": StableDiffusionXL,
    "sd3": StableDiffusion3,
    "flux": Flux,
}


class Residency:
    """Loads a model when it is first asked for, and keeps it.

    Args:
        find: the files of a model; may raise SafelightError.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `auto`, `float32`, `bfloat16`, `float16`.
        embeddings: folder of textual inversion embeddings; need not exist.
    """

    def __init__(
        self,
        find: Callable[[str], ModelFolder],
        *,
        provider: str = "local",
        device: str = "auto",
        dtype: str = "auto",
        embeddings: Path | None = None,
    ) -> None:
        self._find = find
        self._provider = provider
        self._embeddings = Embeddings(embeddings)
        self.device = choose_device(device)
        self.dtype = choose_dtype(self.device, dtype)
        self._loaded: dict[str, Family] = {}

    def loaded(self, model: str) -> bool:
        return model in self._loaded

    def family(self, model: str) -> Family:
        """The loaded model. Raises ModelBroken where its files are incomplete or damaged."""
        if model not in self._loaded:
            self._loaded[model] = self._load(self._find(model))
        return self._loaded[model]

    def unload(self, model: str) -> None:
        """Let go of it. Whoever still draws with it keeps it until they are done. Idempotent."""
        if self._loaded.pop(model, None) is not None:
            gc.collect()
            free_memory(self.device)

    def _load(self, folder: ModelFolder) -> Family:
        diffusers.logging.set_verbosity_error()
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        diffusers.logging.disable_progress_bar()
        try:
            folder.check()
            return FAMILIES[folder.family](
                folder,
                provider=self._provider,
                device=self.device,
                dtype=self.dtype,
                embeddings=self._embeddings,
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelBroken(
                f"The model '{folder.id}' cannot be loaded: {error}",
                hint=f"Look whether the files in '{folder.path}' are complete, or install the model again.",
            ) from error
