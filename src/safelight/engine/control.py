"""Control networks (ControlNet; Zhang et al., 2023, https://arxiv.org/abs/2302.05543) beside a denoiser.

Each row has its own control images and weights; the networks themselves are part of the group key. Both rows of a
guided picture follow the drawing.
"""

from abc import ABC
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

import torch
from diffusers.image_processor import VaeImageProcessor
from torch import Tensor

from safelight.domain.adapting import AdapterKind, Control
from safelight.domain.errors import Unsupported
from safelight.domain.recipe import Recipe
from safelight.engine.ahead import Ahead, Read
from safelight.engine.inputs import fingerprint, look
from safelight.engine.networks import load_network, loading
from safelight.engine.preprocessors import Preprocessors
from safelight.engine.recent import Recent
from safelight.engine.shelf import Shelf

KEPT_NETWORKS = 4
"""As many as a recipe may ask for at once."""
KEPT_IMAGES = 16


class Controls(ABC):
    """The control networks of one loaded denoiser. Whoever inherits says what kind they are, and how they are called.

    Attributes:
        kind: diffusers' class of them.
        alike: what has to be the same in their configuration and the denoiser's.
    """

    kind: Any
    alike: tuple[str, ...]

    def __init__(self, shelf: Shelf, *, denoiser: Any, device: torch.device, dtype: torch.dtype) -> None:
        self._shelf = shelf
        self._denoiser = denoiser
        self._device = device
        self._dtype = dtype
        self._preprocessors = Preprocessors(shelf, device=device)
        self._resize = VaeImageProcessor(do_convert_rgb=True, do_normalize=False)
        self._networks: Recent[str, Any] = Recent(KEPT_NETWORKS)
        self._ahead: Ahead[Any] = Ahead()
        self._images: Recent[tuple[Any, ...], Tensor] = Recent(KEPT_IMAGES)

    def prepare(self, recipe: Recipe, read: Read) -> Iterator[Future[Any]]:
        """Begin to read the networks that are not loaded."""
        for id in {control.model for control in counted(recipe) if control.model not in self._networks}:
            yield self._ahead.begin(id, partial(self._load, id), read)

    def inputs(self, recipe: Recipe, images: Mapping[str, bytes]) -> dict[str, Tensor]:
        """What each row is told: of the n-th control its image as its network takes it, and its weight `[1]`.

        Raises:
            UnknownModel, Unsupported: a network is not installed, or made for another model.
            InvalidRecipe: an image is missing or damaged.
        """
        told: dict[str, Tensor] = {}
        for number, control in enumerate(counted(recipe)):
            assert recipe.width and recipe.height
            image = self._image(control, images, width=recipe.width, height=recipe.height)
            told[f"control.{number}"] = image
            told[f"control.{number}.weight"] = torch.tensor([control.weight], device=self._device, dtype=self._dtype)
        return told

    def _told(self, network: Any, pixels: Tensor) -> Tensor:
        """The image as a network takes it, of pixels `[1, 3, height, width]` in 0..1."""
        return pixels

    def _asked(self, ids: Sequence[str], inputs: Mapping[str, Tensor]) -> Iterator[tuple[Any, Tensor, Tensor]]:
        """Each network that a batch asks for, with the rows' images and weights `[rows]`."""
        for number, id in enumerate(ids):
            yield self._network(id), inputs[f"control.{number}"], inputs[f"control.{number}.weight"]

    def _image(self, control: Control, images: Mapping[str, bytes], *, width: int, height: int) -> Tensor:
        network = self._network(control.model)

        def make() -> Tensor:
            picture = self._resize.resize(look(images, control.image), height, width)
            if control.preprocessor is not None:
                picture = self._preprocessors.apply(control.preprocessor, picture)
            # An image comes with its channels last; in that layout a convolution adds up in another order.
            pixels: Tensor = self._resize.preprocess(picture, height=height, width=width).contiguous()
            with torch.inference_mode():
                return self._told(network, pixels).to(self._device, self._dtype)

        key = (control.model, fingerprint(images, control.image), control.preprocessor, width, height)
        return self._images.get(key, make)

    def _network(self, id: str) -> Any:
        return self._networks.get(id, lambda: self._ahead.take(id, partial(self._load, id)))

    def _load(self, id: str) -> Any:
        folder = self._shelf.find(AdapterKind.CONTROL, id)
        with loading(f"The control network '{id}'"):
            self._check(id, self.kind.load_config(folder, local_files_only=True))
            return load_network(self.kind, folder, device=self._device, dtype=self._dtype)

    def _check(self, id: str, config: Mapping[str, Any]) -> None:
        if config.get("_class_name", self.kind.__name__) != self.kind.__name__:
            raise Unsupported(
                f"The control network '{id}' is a {config['_class_name']}, and this model takes a "
                f"{self.kind.__name__}.",
                hint="Control networks only fit onto the kind of model that they were trained beside.",
            )
        for name in self.alike:
            theirs, ours = _plain(config.get(name)), _plain(self._denoiser.config[name])
            if theirs is not None and theirs != ours:
                raise Unsupported(
                    f"The control network '{id}' was made for another model: its {name} is {theirs}, not {ours}.",
                    hint="Control networks only fit onto the kind of model that they were trained beside.",
                )


def counted(recipe: Recipe) -> tuple[Control, ...]:
    """The controls of a recipe that have any weight."""
    return tuple(control for control in recipe.controls if control.weight)


def summed(so_far: Sequence[Tensor], more: Sequence[Tensor]) -> list[Tensor]:
    """What several networks add to the same places.

    Raises:
        Unsupported: they add to different ones.
    """
    if so_far and len(so_far) != len(more):
        raise Unsupported(
            "These control networks cannot be used together: they have different numbers of blocks.",
            hint="Use one of them, or networks of one series.",
        )
    return [one + other for one, other in zip(so_far, more, strict=True)] if so_far else list(more)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value
