"""What batches tell: feeds of their own, with an event whenever one of their cells has come further.

Their ids are moments, so that they grow over restarts and from one server to the next without being written down; what
a reader missed is told again, cell by cell.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from safelight.domain.batch import BatchState, Cell, CellState
from safelight.domain.batch_events import BatchEnded, BatchEvent, CellTold
from safelight.jobs.cell_story import CellStory
from safelight.jobs.feed import Feed
from safelight.jobs.feeds import Feeds
from safelight.jobs.moments import Moments, ms
from safelight.store.batches import Batches, BatchRecord
from safelight.store.pictures import Pictures

KEPT = 50
"""Feeds of ended batches that stay in memory; the others are made again from the database."""
OVER = frozenset({CellState.FINISHED, CellState.FAILED, CellState.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class BatchTelling:
    """The feeds of batches."""

    batches: Batches
    pictures: Pictures
    feeds: Feeds[BatchEvent] = field(default_factory=lambda: Feeds[BatchEvent](kept=KEPT, kind=Moments))

    def open(self, batch: str) -> Feed[BatchEvent]:
        """The feed of one that is being fed."""
        return self.feeds.get_running(batch) or self.feeds.open(batch, after=ms(datetime.now(UTC)))

    async def catch_up(self, batch: BatchRecord, feed: Feed[BatchEvent], *, but: Collection[int]) -> set[int]:
        """Tell of the cells that have ended, but for some; gives those that it told of."""
        ended = {cell.index: cell for cell in await self._ended(batch) if cell.index not in but}
        for cell in ended.values():
            feed.append(cell)
        return set(ended)

    async def follow(self, generation: Feed, index: int, *, on: Feed[BatchEvent]) -> None:
        """Tell of a cell what its generation tells, to its end."""
        story = CellStory(index, generation.generation)
        async for numbered in generation.follow():
            if (told := story.hear(numbered.event)) is not None:
                on.append(told)

    async def end(self, batch: BatchRecord, feed: Feed[BatchEvent], *, told: Collection[int]) -> None:
        """Every cell has ended."""
        batch = await self.batches.get(batch.id, workspace=batch.workspace)
        await self.catch_up(batch, feed, but=told)
        self.feeds.end(feed, await self._ending(batch))

    async def recalled(self, batch: BatchRecord) -> Feed[BatchEvent]:
        """The feed of one that ended long ago."""
        cells, ending = await self._ended(batch), await self._ending(batch)
        feed = Feed[BatchEvent](batch.id, after=ms(batch.ended_at or batch.created_at) - len(cells) - 1)
        for cell in cells:
            feed.append(cell)
        feed.append(ending)
        return feed

    async def _ended(self, batch: BatchRecord) -> list[CellTold]:
        cells = [cell for cell in await self.batches.cells(batch) if cell.state in OVER]
        drawn = await self.pictures.of_many([cell.generation for cell in cells if cell.generation])
        return [_told(cell).model_copy(update={"pictures": drawn.get(cell.generation or "", ())}) for cell in cells]

    async def _ending(self, batch: BatchRecord) -> BatchEnded:
        counts = (await self.batches.counts([batch]))[batch.id]
        return BatchEnded(state=BatchState.CANCELLED if batch.cancelled else BatchState.FINISHED, counts=counts)


def _told(cell: Cell) -> CellTold:
    progress = float(cell.state is CellState.FINISHED)
    return CellTold(index=cell.index, state=cell.state, generation=cell.generation, progress=progress, error=cell.error)
