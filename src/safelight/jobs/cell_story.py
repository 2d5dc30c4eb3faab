"""What a batch tells of a cell: what its generation tells, and of its steps every tenth."""

import math

from safelight.domain.batch import CellState
from safelight.domain.batch_events import CellTold
from safelight.domain.events import Cancelled, Event, Failed, Finished, Notice, Queued, Started, Stepped

PARTS = 10


class CellStory:
    """Hears the events of one generation."""

    def __init__(self, index: int, generation: str) -> None:
        self._told = CellTold(index=index, state=CellState.WAITING, generation=generation)

    def hear(self, event: Event) -> CellTold | None:
        """What there is to tell; None where it is nothing new."""
        if (now := self._told.model_copy(update=self._changes(event))) == self._told:
            return None
        self._told = now
        return now

    def _changes(self, event: Event) -> dict[str, object]:
        match event:
            case Queued():
                return {"state": CellState.QUEUED}
            case Started() | Notice(code="resumed"):
                return {"state": CellState.RUNNING}
            case Notice(code="paused"):
                return {"state": CellState.PAUSED}
            case Stepped(progress=progress):
                return {"progress": math.floor(progress * PARTS) / PARTS}
            case Finished(pictures=pictures):
                return {"state": CellState.FINISHED, "progress": 1.0, "pictures": pictures}
            case Failed():
                return {"state": CellState.FAILED, "error": event}
            case Cancelled():
                return {"state": CellState.CANCELLED}
            case _:
                return {}
