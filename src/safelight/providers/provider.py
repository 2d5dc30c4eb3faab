"""The one seam to every image service."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from safelight.domain.model_card import ModelCard
from safelight.domain.progress import Progress
from safelight.domain.recipe import Recipe


class Provider(Protocol):
    """An image service. Implementations: `local` (this machine's engine) and `fake` (deterministic, no weights)."""

    @property
    def name(self) -> str: ...

    @property
    def device(self) -> str:
        """What it computes on, for the diagnostics: `cpu, bfloat16` for instance, or the service's name."""
        ...

    def models(self) -> Sequence[ModelCard]:
        """The models that can be asked for, loaded or not. Cheap: called on every request."""
        ...

    def ready(self) -> str | None:
        """None when a generation would start at once; else one sentence that says what is missing."""
        ...

    def generate(self, recipe: Recipe) -> AsyncGenerator[Progress, None]:
        """Draw a settled recipe. Yields `Step`s of every picture in order and one `Drawn` a picture.

        Closing the generator cancels the work within one model evaluation.

        Raises:
            SafelightError: the drawing cannot be finished; other generations are unaffected.
        """
        ...

    async def open(self) -> None:
        """Begin to load what is needed; returns at once, `ready` tells when it is done."""
        ...

    async def close(self) -> None:
        """Cancel everything and free the device. Idempotent."""
        ...
