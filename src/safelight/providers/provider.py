"""The one seam to every image service."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Protocol

from safelight.domain.adapting import AdapterCard
from safelight.domain.estimate import Estimate
from safelight.domain.model_card import ModelCard
from safelight.domain.order import Order
from safelight.domain.progress import Progress
from safelight.domain.prompting import Count
from safelight.domain.recipe import Recipe
from safelight.domain.steering import Turn


class Provider(Protocol):
    """An image service. Implementations: `local` (this machine's engine) and `fake` (deterministic, no weights)."""

    @property
    def name(self) -> str: ...

    @property
    def device(self) -> str:
        """What it computes on, for the diagnostics: `cpu, bfloat16` for instance, or the service's name."""
        ...

    @property
    def pictures_per_forward(self) -> float | None:
        """How many pictures shared a pass through the model, on average; None where the service does not tell."""
        ...

    def models(self) -> Sequence[ModelCard]:
        """The models that can be asked for, loaded or not. Cheap: called on every request."""
        ...

    def adapters(self) -> Sequence[AdapterCard]:
        """What may be put on its models."""
        ...

    def ready(self) -> str | None:
        """None when a generation would start at once; else one sentence that says what is missing."""
        ...

    def count(self, prompt: str, *, model: str) -> Count | None:
        """How much of a model's text encoder a prompt takes; None where the service does not tell, or not
        yet. May read files.

        Raises:
            Unsupported: the prompt names an embedding that cannot be used.
        """
        ...

    def estimate(self, recipe: Recipe) -> Estimate:
        """What a settled recipe of one of its models will take. May read files.

        Raises:
            UnknownModel, Unsupported, InvalidRecipe: it asks for an adapter or upscaler that is not installed.
        """
        ...

    def generate(self, order: Order) -> AsyncGenerator[Progress, None]:
        """Draw an order. Yields `Step`s of every picture in order and one `Drawn` a picture.

        From its first moment to its end it answers to `order.key`. Closing the generator cancels the work within one
        model evaluation.

        Raises:
            SafelightError: the drawing cannot be finished; other generations are unaffected.
        """
        ...

    def steer(self, key: str, turn: Turn, *, images: Mapping[str, bytes]) -> None:
        """Turn what is being drawn under `key`, at the first step that none of its pictures has taken.

        Its generator yields one `Steered` that says with which steps. Nothing happens where nothing has that key.

        Args:
            images: the files that the turn refers to, by their ids.

        Raises:
            Unsupported: this provider cannot be steered.
        """
        ...

    def pause(self, key: str) -> None:
        """Leave it as it is, and the device to others; its generator yields `Paused`, and no step after it.

        Raises:
            Unsupported: this provider cannot pause.
        """
        ...

    def resume(self, key: str) -> None:
        """Go on with it; its generator yields `Paused(paused=False)`, and then steps again.

        Raises:
            Unsupported: this provider cannot pause.
        """
        ...

    async def open(self) -> None:
        """Begin to load what is needed; returns at once, `ready` tells when it is done."""
        ...

    async def close(self) -> None:
        """Cancel everything and free the device. Idempotent."""
        ...
