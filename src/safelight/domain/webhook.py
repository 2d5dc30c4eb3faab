"""Webhooks: somebody else's server that is told how something ended."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from safelight.domain.frozen import Frozen


class WebhookEvent(StrEnum):
    """What is told of."""

    GENERATION_FINISHED = "generation.finished"
    GENERATION_FAILED = "generation.failed"
    GENERATION_CANCELLED = "generation.cancelled"
    BATCH_FINISHED = "batch.finished"
    """Every cell has ended, however it did."""
    BATCH_CANCELLED = "batch.cancelled"


OF_GENERATIONS = tuple(event for event in WebhookEvent if event.startswith("generation."))
OF_BATCHES = tuple(event for event in WebhookEvent if event.startswith("batch."))


class Webhook(Frozen):
    """Who is told, and of what."""

    url: Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://[^\s\x00-\x1f\x7f]+$")]
    """Gets a POST with JSON, signed. `https`, unless the server was told to trust the host."""
    events: tuple[WebhookEvent, ...] | None = Field(default=None, min_length=1, max_length=len(WebhookEvent))
    """Left out: how that ends which it was sent with. A batch that is sent with events of generations tells of each of
    its cells."""

    def hears(self, event: WebhookEvent) -> bool:
        return event in (self.events or ())
