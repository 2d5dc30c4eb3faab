"""Tidying up: every hour, what has been kept for long enough goes for good."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from safelight.developing.meanwhile import pause
from safelight.domain.errors import SafelightError
from safelight.domain.workspace import WorkspaceSettings
from safelight.store.checkpoints import Checkpoints
from safelight.store.opening import Store
from safelight.store.retention import forget, forget_verdicts, reaches
from safelight.store.schema import PICTURES

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
        started_at: when this server began to write.
    """

    store: Store
    checkpoints: Checkpoints
    trash_days: float
    generation_days: float
    delivery_days: float
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def run(self, closing: asyncio.Event) -> None:
        """Go on until it is time to finish."""
        while not closing.is_set():
            try:
                await self.once()
            except (SQLAlchemyError, SafelightError, OSError):
                log.exception("what is old could not be removed; it is tried again in an hour")
            await pause(closing, seconds=EVERY_S)

    async def once(self) -> None:
        """Remove what is old now, in each workspace as it wishes."""
        await self._remove_halves()
        settings = await self.store.people.all_settings()
        await self._remove_pictures(settings)
        await self.store.shares.sweep()
        records = self.store.records
        for reach, days in reaches(settings, lambda kept: kept.generations, self.generation_days):
            if forgotten := await forget(records, before=_ago(days), reach=reach):
                log.info("forgot %d generations without pictures", forgotten)
        for reach, days in reaches(settings, lambda kept: kept.verdicts, None):
            if forgotten := await forget_verdicts(records, before=_ago(days), reach=reach):
                log.info("forgot %d verdicts of moderation", forgotten)
        await self.store.deliveries.forget(before=_ago(self.delivery_days))
        await self.checkpoints.sweep()

    async def _remove_halves(self) -> None:
        await self.store.pictures.sweep(older_than=SHARED)
        # A home is one server's: what was half written in it before that started will never be whole.
        halves = [await blobs.sweep(before=self.started_at) for blobs in (self.store.files, self.store.given)]
        if any(halves):
            log.info("removed %d files that were half written when the server last stopped", sum(halves))

    async def _remove_pictures(self, settings: Mapping[str, WorkspaceSettings]) -> None:
        pictures = self.store.pictures
        for reach, days in reaches(settings, lambda kept: kept.pictures, None):
            if removed := await pictures.remove(reach.of(PICTURES) & (PICTURES.c.created_at < _ago(days))):
                log.info("removed %d pictures that were made more than %g days ago", removed, days)
        for reach, days in reaches(settings, lambda kept: kept.trash, self.trash_days):
            if removed := await pictures.empty_trash(before=_ago(days), where=reach.of(PICTURES)):
                log.info("removed %d pictures that had been in the trash for %g days", removed, days)


def _ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)
