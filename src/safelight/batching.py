"""Batches: feeds their cells into the line, a few at a time, and goes on with that after a restart.

A cell is an ordinary generation. That it is made once, whatever happens, its idempotency key sees to.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from safelight.developing.batch_telling import BatchTelling
from safelight.developing.meanwhile import pause
from safelight.domain.access import Access
from safelight.domain.batch import Batch, BatchInFull, BatchLinks, BatchState, BatchWish, Counts, Value
from safelight.domain.batch_events import BatchEvent
from safelight.domain.errors import Busy, Conflict, LimitReached, NotFound, SafelightError
from safelight.domain.events import Failed
from safelight.domain.generation import CellOf
from safelight.domain.links import batch_events_url, batch_url, grid_url
from safelight.domain.recipe import Recipe
from safelight.domain.webhook import OF_BATCHES
from safelight.jobs.feed import Feed
from safelight.jobs.grid import cells, described, located
from safelight.runner import Runner
from safelight.store.batches import Batches, BatchRecord, OpenCell, fingerprint
from safelight.store.contact_sheet import contact_sheet
from safelight.store.cursor import Page
from safelight.store.records import GenerationRecord

log = logging.getLogger(__name__)
T = TypeVar("T")

RUNNING_LIMIT = 20
"""Batches of one caller that have not ended. Drawing is limited cell by cell; what waits has to be limited as well."""
LOOK_S = 1.0
"""Between two looks what other servers were asked for."""
GLANCE_S = 0.1
"""Between two looks whether the line has got shorter."""
PATIENCE_S = 5.0
"""Longest wait before a cell is sent again that was told to come back later."""


@dataclass(eq=False)
class _Feeding:
    """A batch that is being fed."""

    batch: BatchRecord
    places: asyncio.Semaphore
    feed: Feed[BatchEvent]
    told: set[int] = field(default_factory=set)
    """Cells whose end is on the feed."""
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None]" = field(init=False)


@dataclass(kw_only=True)
class Batching:
    """Everything that is done with batches. Of several servers on one database, each puts into its own line what no
    other has there."""

    runner: Runner
    batches: Batches
    telling: BatchTelling = field(init=False)
    _feeding: dict[str, _Feeding] = field(default_factory=dict, init=False)
    _writing: set[asyncio.Future[Any]] = field(default_factory=set, init=False)
    _closing: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _looking: "asyncio.Task[None] | None" = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.telling = BatchTelling(batches=self.batches, pictures=self.runner.pictures)

    async def open(self) -> None:
        """Go on with what an earlier run left unfinished. The runner is open already."""
        await self._look()
        if not self.runner.leases.alone:
            self._looking = asyncio.create_task(self._look_again())

    async def close(self) -> None:
        """Leave the rest for the next start."""
        self._closing.set()
        if self._looking is not None:
            await self._looking
        tasks = [feeding.task for feeding in self._feeding.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def submit(self, wish: BatchWish, *, access: Access, idempotency_key: str | None = None) -> Batch:
        """Accept a batch: all of it, or nothing. The same key and wish answer the same batch.

        Raises:
            Refused, Busy: as for a single generation; it is said of which cell.
            LimitReached: too many of the caller's batches have not ended.
            Conflict: the key stands for another wish.
        """
        known, workspace = fingerprint(wish), access.workspace
        kept = await self.batches.by_key(idempotency_key, workspace=workspace) if idempotency_key else None
        if kept is None:
            await self._check_share(access)
            hooks = self.runner.webhooks.of([wish.webhook] if wish.webhook else [], events=OF_BATCHES)
            new = BatchRecord.accepted(wish, access=access, idempotency_key=idempotency_key, webhooks=hooks)
            kept = await self.batches.add(new, await self._settled(wish, access))
            if kept is new:
                self._launch(new)
        if kept.fingerprint != known:
            raise Conflict(
                "This Idempotency-Key was used for another batch.", hint="Use a new key for every new batch."
            )
        return (await self._shown([kept]))[0]

    async def page(self, *, access: Access, limit: int, cursor: str | None) -> Page[Batch]:
        """Newest first. Raises InvalidRecipe."""
        page = await self.batches.page(workspace=access.workspace, limit=limit, cursor=cursor)
        return Page(await self._shown(page.items), page.next_cursor)

    async def get(self, batch: str, *, access: Access) -> BatchInFull:
        """A batch with its cells, as it stands at this moment. Raises NotFound."""
        record = await self.batches.get(batch, workspace=access.workspace)
        shown = (await self._shown([record]))[0]
        known = await self.batches.cells(record)
        drawn = await self.runner.pictures.of_many([cell.generation for cell in known if cell.generation])
        told = (
            cell.model_copy(update={"pictures": tuple(picture.id for picture in drawn.get(cell.generation or "", ()))})
            for cell in known
        )
        return BatchInFull(**dict(shown), cells=tuple(told))

    async def cancel(self, batch: str, *, access: Access) -> BatchInFull:
        """Draw nothing more of it. What has ended stays as it ended. Idempotent. Raises NotFound."""
        await self.batches.get(batch, workspace=access.workspace)
        await self.batches.cancel(batch)
        if feeding := self._feeding.get(batch):
            await self._stop_feeding(feeding)
            await asyncio.wait([feeding.task])
        return await self.get(batch, access=access)

    async def feed(self, batch: str, *, access: Access) -> Feed[BatchEvent]:
        """What becomes of its cells, as it happens. Raises NotFound."""
        record = await self.batches.get(batch, workspace=access.workspace)
        if feed := self.telling.feeds.get(batch):
            return feed
        if record.ended_at is not None:
            return await self.telling.recalled(record)
        # Another server was asked for it a moment ago.
        return self._launch(record).feed

    async def sheet(self, batch: str, *, access: Access, image_format: str) -> bytes:
        """The first picture of every cell, side by side.

        Raises:
            NotFound: there is no such batch, or no picture of it yet.
        """
        full = await self.get(batch, access=access)
        found: dict[int, bytes] = {}
        for cell in full.cells:
            with suppress(NotFound):  # deleted a moment ago
                for picture in cell.pictures[:1]:
                    found[cell.index] = (await self.runner.pictures.thumbnail(picture, workspace=access.workspace)).data
        if not found:
            raise NotFound("There is no picture of this batch yet.", hint="Ask again when a cell of it is finished.")
        size = len(full.cells)
        return await asyncio.to_thread(contact_sheet, found, cells=size, axes=full.axes, image_format=image_format)

    async def _check_share(self, access: Access) -> None:
        if access.limited and await self.batches.running(access.caller) >= RUNNING_LIMIT:
            raise LimitReached(
                f"{RUNNING_LIMIT} of your batches have not ended yet, which is as many as one caller may have.",
                hint="Wait for one to end, or cancel one.",
                retry_after=self.runner.line.seconds_per_generation,
            )

    async def _settled(self, wish: BatchWish, access: Access) -> list[tuple[tuple[Value, ...], Recipe]]:
        """Every cell as it will be drawn; the first that cannot be is what is raised."""
        if wish.recipe is not None:
            # Once, and not in every cell again.
            recipe = await self.runner.inputs.settle(wish.recipe, workspace=access.workspace, caller=access.caller)
            wish = wish.model_copy(update={"recipe": recipe})
        read, settled = set[tuple[object, ...]](), []
        for index, (values, recipe) in enumerate(await asyncio.to_thread(lambda: list(cells(wish)))):
            try:
                drawn = await self.runner.settle(recipe, access=access)
                text = (drawn.prompt, *(change.prompt for change in drawn.steering))
                if text not in read:
                    await self.runner.moderation.check(
                        drawn, workspace=access.workspace, caller=access.caller, first_of_two=True
                    )
                    read.add(text)
            except SafelightError as error:
                raise located(error, index, described(wish.axes, values)) from error.__cause__
            settled.append((values, drawn))
        return settled

    async def _look_again(self) -> None:
        while not self._closing.is_set():
            await pause(self._closing, seconds=LOOK_S)
            try:
                await self._look()
            except (SQLAlchemyError, SafelightError):
                log.warning("it could not be seen what other servers know of batches", exc_info=True)

    async def _look(self) -> None:
        """Feed what is not fed here yet, and stop what another server was asked to cancel."""
        unfinished = {batch.id: batch for batch in await self.batches.unfinished()}
        for name, feeding in tuple(self._feeding.items()):
            if not feeding.stopped.is_set() and (name not in unfinished or unfinished[name].cancelled):
                await self._stop_feeding(feeding)
        for name, batch in unfinished.items():
            if name not in self._feeding:
                self._launch(batch)

    async def _stop_feeding(self, feeding: _Feeding) -> None:
        feeding.stopped.set()
        for cell in await self.batches.open_cells(feeding.batch.id):
            await self._stop(cell.generation)

    async def _stop(self, generation: str | None) -> None:
        """Cancel it, whoever draws it."""
        if generation is not None and self.runner.stop(generation) is None:
            await self.runner.leases.ask_to_cancel(generation)

    def _launch(self, batch: BatchRecord) -> _Feeding:
        if feeding := self._feeding.get(batch.id):
            return feeding
        # As many as are drawn at a time: they are in line when those before them are done, and hardly fill it.
        places = asyncio.Semaphore(self.runner.line.running_pictures)
        feeding = _Feeding(batch, places, self.telling.open(batch.id))
        if batch.cancelled:
            feeding.stopped.set()
        self._feeding[batch.id] = feeding
        feeding.task = asyncio.create_task(self._feed(feeding))
        feeding.task.add_done_callback(lambda task: self._fed(feeding, task))
        return feeding

    def _fed(self, feeding: _Feeding, task: "asyncio.Task[None]") -> None:
        del self._feeding[feeding.batch.id]
        if not task.cancelled() and (error := task.exception()):
            log.error("batch %s goes on at the next start", feeding.batch.id, exc_info=error)

    async def _feed(self, feeding: _Feeding) -> None:
        left = await self._whole(self.batches.open_cells(feeding.batch.id))
        indexes = {cell.index for cell in left}
        feeding.told |= await self._whole(self.telling.catch_up(feeding.batch, feeding.feed, but=indexes))
        async with asyncio.TaskGroup() as drawing:
            for cell in left:
                await feeding.places.acquire()
                if cell.generation is not None or not feeding.stopped.is_set():
                    drawing.create_task(self._draw(feeding, cell))
                else:
                    feeding.places.release()
        await self._whole(self.batches.end(feeding.batch.id))
        await self._whole(self.telling.end(feeding.batch, feeding.feed, told=feeding.told))

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Let it finish even where the server stops meanwhile: a connection whose query was cancelled can outlive the
        process."""
        task = asyncio.ensure_future(work)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def _draw(self, feeding: _Feeding, cell: OpenCell) -> None:
        """Put it in line, when there is room, and wait for its end."""
        feed, here = None, True
        try:
            if generation := cell.generation or await self._submit(feeding, cell):
                if feeding.stopped.is_set():
                    await self._whole(self._stop(generation))
                feed = await self._whole(self.runner.feed(generation, access=feeding.batch.access))
                if here := self.runner.draws(generation):
                    await self._tell(feeding, cell, feed)
        finally:
            feeding.places.release()
        # What another server draws takes no place here.
        if feed is not None and not here:
            await self._tell(feeding, cell, feed)

    async def _tell(self, feeding: _Feeding, cell: OpenCell, feed: Feed) -> None:
        await self.telling.follow(feed, cell.index, on=feeding.feed)
        feeding.told.add(cell.index)

    async def _submit(self, feeding: _Feeding, cell: OpenCell) -> str | None:
        """Its generation; None where the batch is cancelled before there is room, or the cell is refused."""
        batch, line = feeding.batch, self.runner.line
        while not feeding.stopped.is_set():
            wait = GLANCE_S
            # Half of the line is left to others.
            if line.waiting < max(1, line.waiting_limit // 2):
                try:
                    return (await self._whole(self._accept(batch, cell))).id
                except Busy as error:
                    wait = error.retry_after
                except SafelightError as error:
                    refused = Failed(code=error.code, detail=error.detail, hint=error.hint, retryable=error.retryable)
                    await self._whole(self.batches.refuse(batch.id, cell.index, refused))
                    return None
            await pause(feeding.stopped, seconds=min(wait, PATIENCE_S))
        return None

    async def _accept(self, batch: BatchRecord, cell: OpenCell) -> GenerationRecord:
        return await self.runner.submit(
            cell.recipe,
            access=batch.access,
            idempotency_key=f"{batch.id}/{cell.index}",
            webhooks=batch.webhooks or (),
            cell=CellOf(batch=batch.id, index=cell.index),
        )

    async def _shown(self, batches: Sequence[BatchRecord]) -> tuple[Batch, ...]:
        counts = await self.batches.counts(batches)
        return tuple(_batch(batch, counts[batch.id]) for batch in batches)


def _batch(record: BatchRecord, counts: Counts) -> Batch:
    state = BatchState.RUNNING if record.ended_at is None else BatchState.FINISHED
    return Batch(
        id=record.id,
        state=BatchState.CANCELLED if record.cancelled else state,
        created_at=record.created_at,
        ended_at=record.ended_at,
        axes=record.axes,
        counts=counts,
        links=BatchLinks(self=batch_url(record.id), events=batch_events_url(record.id), grid=grid_url(record.id)),
    )
