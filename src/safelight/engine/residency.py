"""Which models are in memory, and which of them go when another one needs the room."""

import gc
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import diffusers
import transformers

from safelight.domain.errors import ModelBroken, OutOfMemory
from safelight.engine.device import choose_device, choose_dtype, free_memory, peak_of
from safelight.engine.embeddings import Embeddings
from safelight.engine.failure import is_out_of_memory
from safelight.engine.families.family import Family
from safelight.engine.families.flux import Flux
from safelight.engine.families.sd import StableDiffusion
from safelight.engine.families.sd3 import StableDiffusion3
from safelight.engine.families.sdxl import StableDiffusionXL
from safelight.engine.folder import ModelFolder
from safelight.engine.footprint import Footprint, Footprints, expected, offloaded_parts
from safelight.engine.probe import probe
from safelight.engine.profile import Profile
from safelight.engine.tuning import UNTUNED, Tuning

FAMILIES: Mapping[str, Callable[..., Family]] = {
    "sd": StableDiffusion,
    "sdxl": StableDiffusionXL,
    "sd3": StableDiffusion3,
    "flux": Flux,
}


@dataclass
class Resident:
    """A model in memory, since when it has not been asked for, and what its weights take."""

    family: Family
    bytes: int
    used: float = field(default_factory=time.monotonic)


class Residency:
    """Loads a model when it is first asked for, and keeps it until the room is needed or it was idle for long.

    Args:
        find: the files of a model; may raise SafelightError.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        dtype: `auto`, `float32`, `bfloat16`, `float16`.
        embeddings: folder of textual inversion embeddings; need not exist.
        tuning: how denoisers are run.
        budget: bytes of memory that models and pictures may take; None for any.
        pinned: ids of models that stay once they are loaded.
        footprints: what models were measured to take.

    Attributes:
        busy: whether a model draws; such a one is never let go.
        loads, load_seconds, unloads: how often each model was loaded and let go, and how long loading took altogether.
    """

    def __init__(
        self,
        find: Callable[[str], ModelFolder],
        *,
        provider: str = "local",
        device: str = "auto",
        dtype: str = "auto",
        embeddings: Path | None = None,
        tuning: Tuning = UNTUNED,
        budget: int | None = None,
        pinned: Collection[str] = (),
        footprints: Footprints | None = None,
    ) -> None:
        self._find = find
        self._provider = provider
        self._embeddings = Embeddings(embeddings)
        self.device = choose_device(device)
        # Main memory is all the memory that a CPU has.
        self._tuning = replace(tuning, offload=False) if self.device.type == "cpu" else tuning
        self.dtype = choose_dtype(self.device, dtype)
        self.budget = budget
        self.busy: Callable[[str], bool] = lambda model: False
        self._pinned = frozenset(pinned)
        self._footprints = footprints or Footprints()
        self._loaded: dict[str, Resident] = {}
        self.loads: Counter[str] = Counter()
        self.load_seconds: dict[str, float] = {}
        self.unloads: Counter[str] = Counter()

    def loaded(self, model: str) -> bool:
        return model in self._loaded

    def family(self, model: str) -> Family:
        """The loaded model.

        Raises:
            ModelBroken: its files are incomplete or damaged.
            OutOfMemory: there is no room for it beside what is drawing and what is pinned.
        """
        resident = self._loaded.get(model)
        if resident is None:
            folder = self._find(model)
            weights = self.footprint(folder).weights
            self._make_room(folder, weights)
            begin = time.monotonic()
            resident = self._loaded[model] = Resident(self._load(folder), weights)
            self.loads[model] += 1
            self.load_seconds[model] = self.load_seconds.get(model, 0.0) + time.monotonic() - begin
        resident.used = time.monotonic()
        return resident.family

    def footprint(self, folder: ModelFolder) -> Footprint:
        """What a model takes here: as it was measured, or as it is to be expected. In any thread."""
        waiting = offloaded_parts(folder) if self._tuning.offload else ()
        untried = expected(folder, number=self.dtype.itemsize, offloaded=waiting)
        return self._footprints.get(self._key(folder.id), otherwise=untried)

    def measure(self, family: Family) -> Profile:
        """Profile a loaded model, and remember what it was measured to take."""
        profile, model = probe(family), family.card.id
        taken = Footprint(self._loaded[model].bytes, profile.row_cell_bytes, profile.decode_cell_bytes, measured=True)
        self._footprints.learn(self._key(model), taken)
        return profile

    @property
    def room(self) -> int | None:
        """Bytes of the budget that no model's weights take; None where there is no budget. In any thread."""
        if self.budget is None:
            return None
        return max(0, self.budget - sum(resident.bytes for resident in tuple(self._loaded.values())))

    @property
    def weights(self) -> dict[str, int]:
        """Bytes of the models in memory. In any thread."""
        return {model: resident.bytes for model, resident in tuple(self._loaded.items())}

    @property
    def peak(self) -> int | None:
        """The most bytes of the device that were taken at once; None where that is main memory. In any thread."""
        return peak_of(self.device)

    def tidy(self, *, idle_s: float) -> tuple[str, ...]:
        """Let go of what nobody has asked for in so many seconds, but for what is pinned. Returns which."""
        before = time.monotonic() - idle_s
        idle = [model for model in self._dispensable() if self._loaded[model].used < before]
        for model in idle:
            self.unload(model)
        return tuple(idle)

    def unload(self, model: str) -> None:
        """Let go of it. Whoever still draws with it keeps it until they are done. Idempotent."""
        if self._loaded.pop(model, None) is not None:
            self.unloads[model] += 1
            gc.collect()
            free_memory(self.device)

    def _key(self, model: str) -> str:
        return f"{model}, {self.device.type}, {str(self.dtype).removeprefix('torch.')}"

    def _dispensable(self) -> list[str]:
        """Models that may go, the one that was asked for longest ago first."""
        free = [model for model in self._loaded if model not in self._pinned and not self.busy(model)]
        return sorted(free, key=lambda model: self._loaded[model].used)

    def _make_room(self, folder: ModelFolder, weights: int) -> None:
        """Let models go, as few as it takes. Those stay where it would be in vain."""
        if self.budget is None or self.room is None or weights <= self.room:
            return
        free = self._dispensable()
        staying = sorted(set(self._loaded) - set(free))
        if weights > self.budget - sum(self._loaded[model].bytes for model in staying):
            beside = f" beside {', '.join(staying)}" if staying else ""
            raise OutOfMemory(
                f"'{folder.id}' takes {weights / 1e9:.1f} GB of a budget of {self.budget / 1e9:.1f} GB{beside}.",
                hint="Raise SAFELIGHT_MEMORY_GB, load it in half precision (SAFELIGHT_DTYPE), or try a smaller model.",
            )
        for model in free:
            if weights > self.room:
                self.unload(model)

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
                tuning=self._tuning,
            )
        except (OSError, ValueError, KeyError, RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                error.with_traceback(None)  # it holds on to what was loaded already
                raise OutOfMemory(
                    f"There is not enough memory to load '{folder.id}'.",
                    hint="Unload another model, load it in half precision (SAFELIGHT_DTYPE), or try a smaller one.",
                ) from error
            raise ModelBroken(
                f"The model '{folder.id}' cannot be loaded: {error}",
                hint=f"Look whether the files in '{folder.path}' are complete, or install the model again.",
            ) from error
