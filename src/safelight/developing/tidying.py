"""Tidying up: every hour, what has been kept for long enough goes for good."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from safelight.developing.meanwhile import pause
from safelight.domain.errors import SafelightError
from safelight.store.checkpoints import Checkpoints
from safelight.store.opening import Store
from safelight.store.retention import forget

log = logging.getLogger(__name__)

EVERY_S = 3600
SHARED = timedelta(hours=1)
"""What others that share the database may be just writing is younger than that."""


async def sweep(store: Store) -> None:
    """At the start: remove what a crash left half done."""
    if removed := await store.pictures.sweep(older_than=SHARED if store.shared else timedelta()):
        log.info("removed %d pictures that were half written when the server last stopped", removed)
    if removed := await store.inputs.sweep():
        log.info("removed %d images that nothing refers to any more", removed)


@dataclass(frozen=True, kw_only=True)
class Tidying:
    """What goes, and when.

    Attributes:
        checkpoints: know themselves when they are old.
        trash_days: of pictures in the trash.
        generation_days: of generations that no picture is kept of, and of batches, counted from their end.
        delivery_days: of what webhooks were told.
    """

    store: Store
    checkpoints: Checkpoints
    trash_days: float
    generation_days: float
    delivery_days: float

    async def run(self, closing: asyncio.Event) -> None:
        """Go on until it is time to finish."""
        while not closing.is_set():
            try:
                await self.once()
            except (SQLAlchemyError, SafelightError, OSError):
                log.exception("what is old could not be removed; it is tried again in an hour")
            await pause(closing, seconds=EVERY_S)

    async def once(self) -> None:
        """Remove what is old now."""
        if removed := await self.store.pictures.empty_trash(before=_ago(self.trash_days)):
            log.info("removed %d pictures that had been in the trash for %g days", removed, self.trash_days)
        await self.store.shares.sweep()
        if forgotten := await forget(self.store.records, before=_ago(self.generation_days)):
            log.info("forgot %d generations without pictures", forgotten)
        await self.store.deliveries.forget(before=_ago(self.delivery_days))
        await self.checkpoints.sweep()


def _ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)
