"""What webhooks have to be told, and were told. A row is written before anybody is called, so that no ending is lost.

An ending is put down in the same transaction that takes the webhooks off what has ended: once, whatever happens.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, insert, null, select, update

from safelight.domain.generation import State
from safelight.domain.links import batch_url, generation_url
from safelight.domain.webhook import WebhookEvent
from safelight.store.batches import Batches
from safelight.store.pictures import Pictures
from safelight.store.records import Records, read_webhooks
from safelight.store.schema import BATCHES, DELIVERIES, GENERATIONS

AT_ONCE = 100
CLAIMED_FOR = timedelta(minutes=1)
"""Whoever sends has so long, before another server may; more than sending ever takes."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What one webhook has to be told.

    Attributes:
        attempts: how often it was tried, this time included.
    """

    id: str
    created_at: datetime
    event: str
    url: str
    body: str
    attempts: int


class Deliveries:
    """The deliveries of this server, in SQL."""

    def __init__(self, records: Records, pictures: Pictures, batches: Batches) -> None:
        self._engine = records.engine
        self._pictures = pictures
        self._batches = batches

    async def collect(self) -> None:
        """Put down what has ended and somebody has to be told of."""
        for row in await self._ended(GENERATIONS):
            event = WebhookEvent(f"generation.{State(row['state'])}")
            await self._put_down(GENERATIONS, row, event, await self._generation(row))
        for row in await self._ended(BATCHES):
            event = WebhookEvent.BATCH_CANCELLED if row["cancelled"] else WebhookEvent.BATCH_FINISHED
            await self._put_down(BATCHES, row, event, await self._batch(row))

    async def due(self, *, limit: int) -> tuple[Delivery, ...]:
        """What is to be sent now; nobody else is given it for a minute."""
        now = datetime.now(UTC)
        columns = [DELIVERIES.c[name] for name in ("id", "created_at", "event", "url", "body", "attempts", "next_at")]
        query = select(*columns).where(DELIVERIES.c.next_at <= now).order_by(DELIVERIES.c.next_at).limit(limit)
        claimed = []
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        for row in rows:
            known = dict(row)
            seen = (DELIVERIES.c.id == row["id"]) & (DELIVERIES.c.next_at == known.pop("next_at"))
            known["attempts"] += 1
            mine = update(DELIVERIES).where(seen).values(next_at=now + CLAIMED_FOR, attempts=known["attempts"])
            async with self._engine.begin() as connection:
                if (await connection.execute(mine)).rowcount:
                    claimed.append(Delivery(**known))
        return tuple(claimed)

    async def note(self, delivery: str, *, fault: str | None, next_at: datetime | None = None) -> None:
        """How it went: without a fault it has arrived; with one it is tried again at `next_at`, or given up."""
        arrived = datetime.now(UTC) if fault is None else None
        values = {"fault": fault and fault[:200], "next_at": next_at, "delivered_at": arrived}
        async with self._engine.begin() as connection:
            await connection.execute(update(DELIVERIES).where(DELIVERIES.c.id == delivery).values(values))

    async def forget(self, *, before: datetime) -> int:
        """Forget those that are over; how many those were."""
        over = DELIVERIES.c.next_at.is_(None) & (DELIVERIES.c.created_at < before)
        async with self._engine.begin() as connection:
            return (await connection.execute(delete(DELIVERIES).where(over))).rowcount

    async def _ended(self, table: Table) -> Sequence[Any]:
        query = select(table).where(table.c.webhooks.is_not(null()), table.c.ended_at.is_not(None))
        async with self._engine.connect() as connection:
            return (await connection.execute(query.order_by(table.c.ended_at).limit(AT_ONCE))).mappings().all()

    async def _put_down(self, table: Table, row: Any, event: WebhookEvent, about: dict[str, Any]) -> None:
        taken = update(table).where(table.c.id == row["id"], table.c.webhooks.is_not(null())).values(webhooks=null())
        # Two that lead to the same place are one.
        urls = dict.fromkeys(hook.url for hook in read_webhooks(row["webhooks"]) if hook.hears(event))
        told = [_row(url, event, row["id"], about) for url in urls]
        async with self._engine.begin() as connection:
            if (await connection.execute(taken)).rowcount and told:
                await connection.execute(insert(DELIVERIES), told)

    async def _generation(self, row: Any) -> dict[str, Any]:
        pictures = [picture.model_dump(mode="json") for picture in await self._pictures.of(row["id"])]
        known = {name: row[name] for name in ("id", "state", "step", "total", "error", "batch", "cell")}
        return {"generation": {**known, "pictures": pictures, "url": generation_url(row["id"])}}

    async def _batch(self, row: Any) -> dict[str, Any]:
        batch = await self._batches.get(row["id"], workspace=row["workspace"])
        counts = (await self._batches.counts([batch]))[batch.id]
        return {"batch": {"id": batch.id, "counts": counts.model_dump(), "url": batch_url(batch.id)}}


def _row(url: str, event: WebhookEvent, subject: str, about: dict[str, Any]) -> dict[str, Any]:
    now, name = datetime.now(UTC), f"del_{secrets.token_hex(12)}"
    body = {"id": name, "event": event.value, "created_at": now.isoformat(), **about}
    row = {"id": name, "created_at": now, "event": event.value, "subject": subject, "url": url}
    return {**row, "body": json.dumps(body), "attempts": 0, "next_at": now}
