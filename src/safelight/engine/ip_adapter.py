"""IP-Adapters (Ye et al., 2023, https://arxiv.org/abs/2308.06721): an image as prompt through attention of its own.

The adapter is part of the group key, its weight is each row's own.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from diffusers.models.embeddings import ImageProjection
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from safelight.domain.adapting import AdapterKind, IPAdapter
from safelight.domain.errors import Unsupported
from safelight.engine.ahead import Ahead, Read
from safelight.engine.image_prompt import ImageEncoder
from safelight.engine.networks import BUILDING
from safelight.engine.recent import Recent
from safelight.engine.shelf import Shelf

KEPT = 2
Weights = Mapping[str, Tensor]


class RowScale:
    """Stands where diffusers' attention has one number for the whole batch: each row its own."""

    weights: Tensor

    def __mul__(self, states: Tensor) -> Tensor:
        return self.weights.view(-1, 1, 1).to(states) * states

    __rmul__ = __mul__


@dataclass(frozen=True)
class Opened:
    """
    Attributes:
        encoder: sees the picture.
        project: from what the encoder sees to tokens.
        attention: processors of the denoiser's attention, by name.
    """

    encoder: Any
    project: Any
    attention: Mapping[str, Any]


class IPAdapters(ABC):
    """The IP-Adapters of one loaded denoiser. Whoever inherits says how their files are read."""

    beginnings: ClassVar[Mapping[str, str]] = {"image_proj": "image_proj", "ip_adapter": "ip_adapter"}
    """What the names of the tensors begin with, and which of the two parts they belong to."""

    def __init__(self, shelf: Shelf, *, denoiser: Any, device: torch.device, dtype: torch.dtype) -> None:
        self._shelf = shelf
        self._denoiser = denoiser
        self._device = device
        self._dtype = dtype
        self._plain: dict[str, Any] = {}
        self._scale = RowScale()
        self._used: str | None = None
        self._ahead: Ahead[Opened] = Ahead()
        self._opened: Recent[str, Opened] = Recent(KEPT, self._forget)

    def prepare(self, wish: IPAdapter | None, read: Read) -> Iterator[Future[Any]]:
        """Begin to read the adapter, where it is not loaded."""
        if wish is not None and wish.weight and wish.id not in self._opened:
            yield self._ahead.begin(wish.id, partial(self._load, wish.id), read)

    def inputs(self, wish: IPAdapter | None, images: Mapping[str, bytes]) -> tuple[Weights, Weights]:
        """What the positive and the negative row are told: tokens `[1, tokens, width]` and their weight `[1]`.

        Raises:
            UnknownModel, Unsupported: it is not installed, made for another model, or without its image encoder.
            InvalidRecipe: the image is missing or damaged.
        """
        if wish is None or not wish.weight:
            return {}, {}
        with torch.inference_mode():
            told = self._look(self._open(wish.id), images, wish.image)
        weight = torch.tensor([wish.weight], device=self._device)
        positive, negative = ({"ip": one.to(self._dtype), "ip.weight": weight} for one in told)
        return positive, negative

    @abstractmethod
    def _look(self, opened: Opened, images: Mapping[str, bytes], id: str) -> tuple[Tensor, Tensor]:
        """What is told of an image, and of none."""

    @abstractmethod
    def _read(self, id: str, image_proj: Weights, ip_adapter: Weights) -> tuple[Any, Mapping[str, Any]]:
        """The projection, and the attention of those layers that look at the image. May raise ValueError."""

    def _encoder(self, folder: Path, project: Any) -> Any:
        """What sees the picture: CLIP."""
        encoder = ImageEncoder(folder, device=self._device)
        width = project.image_embeds.in_features if isinstance(project, ImageProjection) else None
        if width is not None and width != encoder.width:
            raise ValueError(f"it reads vectors of {width} numbers, its image encoder gives {encoder.width}")
        return encoder

    def _wear(self, id: str | None, inputs: Weights) -> Opened | None:
        """Make the denoiser's attention ready for the adapter that all rows want; None for none."""
        if id is None:
            if self._used is not None:
                self._denoiser.set_attn_processor(dict(self._plain))
                self._used = None
            return None
        opened = self._open(id)
        if self._used is None:
            self._plain = dict(self._denoiser.attn_processors)
        if self._used != id:
            self._denoiser.set_attn_processor({**self._plain, **opened.attention})
            self._used = id
        self._scale.weights = inputs["ip.weight"]
        return opened

    def _forget(self, opened: Opened) -> None:
        self._used = "" if self._used is not None else None  # set again at the next use

    def _open(self, id: str) -> Opened:
        return self._opened.get(id, lambda: self._ahead.take(id, partial(self._load, id)))

    def _load(self, id: str) -> Opened:
        path = self._shelf.find(AdapterKind.IP_ADAPTER, id)
        folder = path.parent / "image_encoder"
        if not (folder / "config.json").is_file():
            raise Unsupported(
                f"The image encoder of the IP-Adapter '{id}' is not installed.",
                hint=f"Put it into the folder image_encoder beside {path.name}; both come from the same repository.",
            )
        try:
            # Ordinary tensors: parameters cannot be made of those of inference mode.
            with BUILDING, torch.inference_mode(False), torch.no_grad():
                project, attention = self._read(id, **self._parts(path))
            for processor in attention.values():
                processor.requires_grad_(False).to(self._device, self._dtype)
            project = project.eval().requires_grad_(False).to(self._device, torch.float32)
            encoder = self._encoder(folder, project)
        except (SafetensorError, OSError, ValueError, LookupError, AttributeError, RuntimeError) as error:
            raise Unsupported(
                f"The IP-Adapter '{id}' cannot be used: {error}",
                hint="It has to be made for this kind of model; those that look at faces with insightface are unknown.",
            ) from error
        return Opened(encoder, project, attention)

    def _parts(self, path: Path) -> dict[str, dict[str, Tensor]]:
        parts: dict[str, dict[str, Tensor]] = {"image_proj": {}, "ip_adapter": {}}
        for name, value in load_file(path).items():
            beginning, _, rest = name.partition(".")
            parts[self.beginnings[beginning]][rest] = value
        return parts
