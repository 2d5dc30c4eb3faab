"""Generations as rows: what was asked, how far it is, how it ended."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Float, RowMapping, cast, extract, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from safelight.domain.access import HOME, LOCAL, Access
from safelight.domain.errors import NotFound, TakenOver
from safelight.domain.events import Failed
from safelight.domain.frozen import Frozen
from safelight.domain.generation import BranchOf, Priority, State
from safelight.domain.images import image_fields
from safelight.domain.recipe import Recipe
from safelight.domain.webhook import Webhook
from safelight.store.cursor import Page, newest_first
from safelight.store.database import open_engine
from safelight.store.schema import GENERATIONS, INPUT_USES

__all__ = ["GenerationRecord", "Page", "Records"]


@dataclass(frozen=True, kw_only=True)
class GenerationRecord:
    """One generation as it is kept. Moments carry a time zone.

    Attributes:
        recipe: as it is drawn, with every turn that was taken under way.
        last_event: the highest event id given out.
        fingerprint: of the recipe as it was accepted.
        batch, cell: what it was asked for with, and where in it.
        webhooks: who has to be told how it ends; None where nobody has, or it was put down already.
        idempotency_key: as `digest` writes it, so that every workspace has keys of its own.
        workspace: whose it is; nobody else is told that it exists.
        caller: on whose behalf it was accepted.
        device_s: seconds of the model evaluations that its pictures took part in.
        owner: which server draws it; None where whoever comes first may.
        lease_until: until when that is so unless it is renewed, in seconds since 1970 by the database's clock.
        attempt: how often a server began with it; only the latest may write.
        cancel_asked: another server was asked to cancel it.
        place: among those of its caller that wait; lower is sooner.
    """

    id: str
    state: State
    recipe: Recipe
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    step: int = 0
    total: int = 0
    error: Failed | None = None
    idempotency_key: str | None = None
    last_event: int = 0
    fingerprint: str | None = None
    branch_of: BranchOf | None = None
    batch: str | None = None
    cell: int | None = None
    webhooks: tuple[Webhook, ...] | None = None
    workspace: str = HOME
    caller: str = LOCAL.caller
    device_s: float = 0.0
    owner: str | None = None
    lease_until: float | None = None
    attempt: int = 0
    cancel_asked: bool = False
    priority: Priority = Priority.NORMAL
    place: float = 0.0

    @classmethod
    def accepted(
        cls, recipe: Recipe, *, access: Access, idempotency_key: str | None, last_event: int, **more: Any
    ) -> GenerationRecord:
        """A new one, waiting to be drawn."""
        now = datetime.now(UTC)
        return cls(
            id=f"gen_{secrets.token_hex(12)}",
            state=State.QUEUED,
            recipe=recipe,
            created_at=now,
            place=now.timestamp(),
            idempotency_key=None if idempotency_key is None else digest(idempotency_key, access.workspace),
            workspace=access.workspace,
            caller=access.caller,
            last_event=last_event,
            fingerprint=fingerprint(recipe),
            **more,
        )

    def same_as(self, recipe: Recipe) -> bool:
        """Whether a settled recipe is the one that was accepted."""
        if self.fingerprint is None:  # Accepted by an earlier version, which did not steer.
            return recipe == self.recipe
        return fingerprint(recipe) == self.fingerprint


def fingerprint(recipe: Recipe) -> str:
    return hashlib.sha256(recipe.model_dump_json().encode()).hexdigest()


def digest(key: str, workspace: str) -> str:
    """An idempotency key as it is kept."""
    return hashlib.sha256(f"{workspace}\0{key}".encode()).hexdigest()


FIELDS = frozenset(field.name for field in fields(GenerationRecord))
_KEY = GENERATIONS.c.idempotency_key
NOW_S = cast(extract("epoch", func.now()), Float)
"""Seconds since 1970 by the database's clock: the one that all servers share."""
OPEN_STATES = [state.value for state in State if not state.final]


class Records:
    """The generations of this server, in SQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine

    @classmethod
    async def open(cls, url: str) -> Records:
        """The records at a SQLAlchemy URL, on the newest schema.

        Raises:
            Misconfigured: no database there, or one written by a newer Safelight.
        """
        return cls(await open_engine(url))

    async def close(self) -> None:
        await self.engine.dispose()

    async def add(self, record: GenerationRecord, *, lease_s: float | None = None) -> GenerationRecord:
        """Keep a new generation. When its idempotency key is known already, the earlier record is returned instead.

        Args:
            lease_s: for how many seconds its owner has it.
        """
        row = _write(vars(record)) | ({} if lease_s is None else {"lease_until": NOW_S + lease_s})
        try:
            async with self.engine.begin() as connection:
                await connection.execute(insert(GENERATIONS).values(**row))
                await _use(connection, record.id, record.recipe)
        except IntegrityError:
            # Whoever came second reads what the first one wrote, so that both see the same generation.
            earlier = None if (key := record.idempotency_key) is None else await self._one(key == _KEY)
            if earlier is None:
                raise
            return earlier
        return record

    async def get(self, generation: str, *, workspace: str) -> GenerationRecord | None:
        return await self._one((GENERATIONS.c.id == generation) & (GENERATIONS.c.workspace == workspace))

    async def by_key(self, key: str, *, workspace: str) -> GenerationRecord | None:
        """The generation that was submitted with an idempotency key."""
        return await self._one(digest(key, workspace) == _KEY)

    async def page(
        self, *, workspace: str, state: State | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[GenerationRecord]:
        """Those of a workspace, newest first, in pages of 1 to 200.

        Raises:
            InvalidRecipe: the limit or the cursor is not valid.
        """
        query = select(GENERATIONS).where(GENERATIONS.c.workspace == workspace)
        if state is not None:
            query = query.where(GENERATIONS.c.state == state.value)
        return await newest_first(self.engine, query, table=GENERATIONS, limit=limit, cursor=cursor, read=read)

    async def change(
        self, generation: str, *, unless_ended: bool = False, of_attempt: int | None = None, **changes: object
    ) -> None:
        """Set fields of one record, by the names of `GenerationRecord`.

        Args:
            unless_ended: leave a record as it is whose generation has ended meanwhile.
            of_attempt: on behalf of which attempt to draw it.

        Raises:
            NotFound: there is no such generation.
            TakenOver: another attempt was begun since.
            TypeError: a name is not a field that can change.
        """
        unknown = changes.keys() - (FIELDS - {"id", "attempt"})
        if unknown:
            raise TypeError(f"A generation has no changeable {', '.join(sorted(unknown))}.")
        if not changes:
            return
        query = update(GENERATIONS).where(GENERATIONS.c.id == generation).values(**_write(changes))
        if unless_ended:
            query = query.where(GENERATIONS.c.state.in_(OPEN_STATES))
        if of_attempt is not None:
            query = query.where(GENERATIONS.c.attempt == of_attempt)
        async with self.engine.begin() as connection:
            changed = (await connection.execute(query)).rowcount
            if changed and isinstance(recipe := changes.get("recipe"), Recipe):
                await _use(connection, generation, recipe)
        if not changed and of_attempt is not None and not unless_ended:
            raise taken_over(generation)
        if not changed and not unless_ended:
            raise NotFound(f"There is no generation '{generation}'.", hint="It may belong to another server.")

    async def several(self, generations: Collection[str]) -> tuple[GenerationRecord, ...]:
        """Those of them that there are, whosever they are."""
        query = select(GENERATIONS).where(GENERATIONS.c.id.in_(generations))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(read(row) for row in rows)

    async def under_way(self, caller: str) -> Counter[State]:
        """How many generations of a caller have not ended, by their state."""
        query = (
            select(GENERATIONS.c.state, func.count())
            .where(GENERATIONS.c.caller == caller, GENERATIONS.c.state.in_(OPEN_STATES))
            .group_by(GENERATIONS.c.state)
        )
        async with self.engine.connect() as connection:
            return Counter({State(state): count for state, count in await connection.execute(query)})

    async def device_seconds(
        self, *, caller: str | None = None, workspace: str | None = None, since: datetime
    ) -> float:
        """What the generations of a caller, or of a workspace, have taken that were accepted since then."""
        theirs = GENERATIONS.c.caller == caller if workspace is None else GENERATIONS.c.workspace == workspace
        query = select(func.sum(GENERATIONS.c.device_s)).where(theirs, GENERATIONS.c.created_at >= since)
        async with self.engine.connect() as connection:
            return float((await connection.execute(query)).scalar() or 0)

    async def _one(self, condition: Any) -> GenerationRecord | None:
        async with self.engine.connect() as connection:
            row = (await connection.execute(select(GENERATIONS).where(condition))).mappings().first()
        return None if row is None else read(row)


def taken_over(generation: str) -> TakenOver:
    return TakenOver(
        f"Another server has taken over '{generation}'.", hint="It goes on there; its record tells how far it is."
    )


def plain(values: Iterable[Frozen]) -> list[Any]:
    """As they are kept."""
    return [value.model_dump(mode="json") for value in values]


def read_webhooks(kept: Iterable[Any]) -> tuple[Webhook, ...]:
    return tuple(Webhook.model_validate(webhook) for webhook in kept)


async def _use(connection: AsyncConnection, generation: str, recipe: Recipe) -> None:
    """Note which given images a recipe refers to, so that they are kept as long as the generation is."""
    images = {image for image in image_fields(recipe).values() if image.startswith("img_")}
    if not images:
        return
    used = select(INPUT_USES.c.input).where(INPUT_USES.c.generation == generation)
    missing = images.difference((await connection.execute(used)).scalars())
    if missing:
        rows = [{"input": image, "generation": generation} for image in sorted(missing)]
        await connection.execute(insert(INPUT_USES), rows)


def _write(values: Any) -> dict[str, object]:
    """Column values of record fields."""
    return {name: _column(value) for name, value in values.items()}


def _column(value: object) -> object:
    match value:
        case State() | Priority():
            return value.value
        case Recipe() | Failed() | BranchOf():
            return value.model_dump(mode="json")
        case tuple():
            return plain(value)
        case _:
            return value


def read(row: RowMapping) -> GenerationRecord:
    error, origin, webhooks = row["error"], row["branch_of"], row["webhooks"]
    return GenerationRecord(
        **{
            **row,
            "state": State(row["state"]),
            "priority": Priority(row["priority"]),
            "recipe": Recipe.model_validate(row["recipe"]),
            "error": None if error is None else Failed.model_validate(error),
            "branch_of": None if origin is None else BranchOf.model_validate(origin),
            "webhooks": None if webhooks is None else read_webhooks(webhooks),
        }
    )
