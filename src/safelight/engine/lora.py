"""LoRAs: low-rank changes to the weights of a denoiser and its text encoders.

An adapter is loaded once and stays beside the weights; which of them count is switched when the next forward belongs to
another set than the last one. A set is part of the group key, so all rows of a forward want the same one.
"""

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import torch
from diffusers.utils import (
    convert_state_dict_to_diffusers,
    convert_state_dict_to_peft,
    convert_unet_state_dict_to_peft,
)
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from safelight.domain.adapting import AdapterKind, Lora
from safelight.domain.errors import SafelightError, Unsupported
from safelight.engine.ahead import Ahead, Read
from safelight.engine.networks import BUILDING
from safelight.engine.recent import Recent
from safelight.engine.shelf import Shelf

LoraSet = tuple[tuple[str, float], ...]
"""Ids with their weights, in the order of the ids; none of weight 0."""

UNREADABLE = (SafetensorError, OSError, ValueError, LookupError, RuntimeError, TypeError, StopIteration)
"""What diffusers and peft raise on files that they do not know."""
KEPT = 8
"""Adapters that stay loaded; as many as a recipe may ask for at once."""


@dataclass(frozen=True)
class _Loaded:
    """What peft knows it as, and which networks it changes."""

    name: str
    denoiser: bool
    text_encoders: tuple[str, ...]


class Loras:
    """The LoRAs of one loaded model.

    Args:
        loader: diffusers' loader mixin of the family; it knows the files' layouts: peft's, diffusers', kohya's.
        denoiser: the UNet or transformer.
        text_encoders: by the name that they have in the pipeline.
    """

    def __init__(
        self, shelf: Shelf, *, loader: Any, denoiser: nn.Module, text_encoders: Mapping[str, nn.Module]
    ) -> None:
        self._shelf = shelf
        self._loader = loader
        self._denoiser: Any = denoiser
        self._prefix: str = getattr(loader, "unet_name", None) or loader.transformer_name
        self._text_encoders: Mapping[str, Any] = text_encoders
        self._names = count()
        self._loaded: Recent[str, _Loaded] = Recent(KEPT, self._unload)
        self._ahead: Ahead[tuple[dict[str, Tensor], Any, Any]] = Ahead()
        # None: not known, because loading another adapter has changed it.
        self._used: LoraSet | None = ()
        self._told: LoraSet | None = ()

    def prepare(self, wishes: Sequence[Lora], read: Read) -> Iterator[Future[Any]]:
        """Begin to read the files of those that are not loaded."""
        for id in {wish.id for wish in wishes if wish.weight and wish.id not in self._loaded}:
            with suppress(SafelightError):  # said when it is taken
                yield self._ahead.begin(id, partial(self._read_file, self._shelf.find(AdapterKind.LORA, id)), read)

    def take(self, wishes: Sequence[Lora]) -> LoraSet:
        """The set that a recipe asks for, loaded.

        Raises:
            UnknownModel: one is not installed.
            Unsupported: one is a pickle, or made for another model.
        """
        weights: Counter[str] = Counter()
        for wish in wishes:
            weights[wish.id] += wish.weight  # type: ignore[assignment]
        chosen = tuple(sorted((id, float(weight)) for id, weight in weights.items() if weight))
        for id, _ in chosen:
            self._load(id)
        return chosen

    def read_with(self, wishes: Sequence[Lora]) -> tuple[LoraSet, LoraSet]:
        """Let the text encoders read with what a recipe asks for.

        Returns:
            The set, loaded, and of it those that change how a prompt is read. Raises as `take` does.
        """
        chosen = self.take(wishes)
        spoken = self.spoken(chosen)
        self.tell(spoken)
        return chosen, spoken

    def spoken(self, chosen: LoraSet) -> LoraSet:
        """Those of a set that change how a prompt is read."""
        return tuple((id, weight) for id, weight in chosen if self._load(id).text_encoders)

    def use(self, chosen: LoraSet) -> None:
        """Let the denoiser predict with these."""
        named = self._named(chosen)
        if self._used != chosen:
            _activate(self._denoiser, named)
            self._used = chosen

    def tell(self, chosen: LoraSet) -> None:
        """Let the text encoders read with these."""
        named = self._named(chosen)
        if self._told != chosen:
            for text_encoder in self._text_encoders.values():
                _activate(text_encoder, named)
            self._told = chosen

    def _named(self, chosen: LoraSet) -> list[tuple[str, float]]:
        return [(self._load(id).name, weight) for id, weight in chosen]

    def _load(self, id: str) -> _Loaded:
        return self._loaded.get(id, lambda: self._read(id))

    def _read(self, id: str) -> _Loaded:
        path = self._shelf.find(AdapterKind.LORA, id)
        if find_spec("peft") is None:
            raise Unsupported(
                "LoRAs need the package peft, which is not installed.", hint="pip install 'safelight[local]'"
            )
        try:
            # Ordinary tensors: those of inference mode could not be switched outside of it.
            with torch.inference_mode(False), torch.no_grad(), warnings.catch_warnings():
                return self._attach(id, path)
        except UNREADABLE as error:
            raise Unsupported(
                f"The LoRA '{id}' cannot be read: {error}", hint="Known are the layouts of kohya, diffusers and peft."
            ) from error
        finally:
            self._used = self._told = None

    def _read_file(self, path: Path) -> tuple[dict[str, Tensor], Any, Any]:
        with safe_open(path, framework="pt") as file:
            if any("dora_scale" in name for name in file.keys()):  # noqa: SIM118
                raise ValueError("it is a DoRA, of which only a part would be understood")
        state, *rest = self._loader.lora_state_dict(
            str(path.parent),
            weight_name=path.name,
            local_files_only=True,
            use_safetensors=True,
            unet_config=self._denoiser.config,
            return_alphas=True,
            return_lora_metadata=True,
        )
        alphas, metadata = rest if len(rest) == 2 else (None, *rest)
        dtype = self._denoiser.dtype
        return {name: value.to(dtype) for name, value in state.items()}, alphas, metadata

    def _check(self, id: str, state: Mapping[str, Tensor]) -> set[str]:
        """The parts of the model that a LoRA changes. Raises Unsupported where it does not fit onto them."""
        parts = {self._prefix: self._denoiser, **self._text_encoders}
        changed = {part for part in parts if any(name.startswith(f"{part}.") for name in state)}
        if not changed:
            raise ValueError("nothing in it is for a part that this model has")
        for part in changed:
            own = {name.removeprefix(f"{part}."): value for name, value in state.items() if name.startswith(f"{part}.")}
            if misfit := _misfit(_in_peft_names(own, denoiser=part == self._prefix), parts[part]):
                raise Unsupported(
                    f"The LoRA '{id}' was made for another model: {misfit}.",
                    hint="GET /api/v1/adapters says what a LoRA was made for, where its maker wrote that down.",
                )
        return changed

    def _attach(self, id: str, path: Path) -> _Loaded:
        state, alphas, metadata = self._ahead.take(id, partial(self._read_file, path))
        changed = self._check(id, state)
        spoken = tuple(part for part in self._text_encoders if part in changed)
        loaded = _Loaded(f"lora{next(self._names)}", self._prefix in changed, spoken)
        whole = False
        told = {"network_alphas": alphas, "adapter_name": loaded.name, "metadata": metadata}
        try:
            warnings.filterwarnings("ignore", "Already found a `peft_config`")  # several are what is meant
            with BUILDING:
                self._put_on(state, loaded, told)
            whole = True
        finally:
            if not whole:
                self._unload(loaded)
        return loaded

    def _put_on(self, state: Mapping[str, Tensor], loaded: _Loaded, told: Mapping[str, Any]) -> None:
        if loaded.denoiser:
            self._denoiser.load_lora_adapter(state, prefix=self._prefix, low_cpu_mem_usage=True, **told)
        for part in loaded.text_encoders:
            self._loader.load_lora_into_text_encoder(
                state, text_encoder=self._text_encoders[part], prefix=part, low_cpu_mem_usage=True, **told
            )

    def _unload(self, loaded: _Loaded) -> None:
        self._used = self._told = None
        parts: list[Any] = [self._denoiser, *(self._text_encoders[part] for part in loaded.text_encoders)]
        for part in parts:
            if loaded.name not in getattr(part, "peft_config", {}):
                continue
            # diffusers' name for it, and transformers'.
            delete = part.delete_adapters if part is self._denoiser else part.delete_adapter
            delete(loaded.name)


def _activate(network: nn.Module, named: Iterable[tuple[str, float]]) -> None:
    """Let exactly these adapters count. Without any, only the model's own weights are multiplied with."""
    if not getattr(network, "_hf_peft_config_loaded", False):
        return
    from peft.tuners.tuners_utils import BaseTunerLayer

    active = list(named)
    for layer in network.modules():
        if isinstance(layer, BaseTunerLayer):
            tuned: Any = layer
            tuned.enable_adapters(bool(active))
            tuned.set_adapter([name for name, _ in active], inference_mode=True)
            for name, weight in active:
                tuned.set_scale(name, weight)


def _in_peft_names(state: dict[str, Tensor], *, denoiser: bool) -> Mapping[str, Tensor]:
    if any(".lora_A." in name for name in state):
        return state
    if denoiser:
        return dict(convert_unet_state_dict_to_peft(state))
    return dict(convert_state_dict_to_peft(convert_state_dict_to_diffusers(state)))


def _misfit(state: Mapping[str, Tensor], network: nn.Module) -> str | None:
    """The first matrix that cannot be multiplied with its layer's input, or added to its weights."""
    layers: dict[str, Any] = dict(network.named_modules())
    for name, value in state.items():
        layer, down, _ = name.partition(".lora_A.")
        layer, up, _ = (layer, "", "") if down else name.partition(".lora_B.")
        if not (down or up) or value.ndim < 2:
            continue
        found = layers.get(layer, layers.get(layer.removeprefix("text_model.")))
        if found is None:
            return f"it changes `{layer}`, which this model does not have"
        axis, does = (1, "takes") if down else (0, "gives")
        wanted, has = value.shape[axis], found.weight.shape[axis]
        if wanted != has:
            return f"its `{layer}` {does} {wanted} numbers, this model's {has}"
    return None
