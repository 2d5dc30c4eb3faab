"""What is left to say of a generation that has ended."""

from collections.abc import Sequence

from safelight.domain.errors import Conflict
from safelight.domain.events import Cancelled, Finished
from safelight.domain.generation import State
from safelight.domain.picture import Picture
from safelight.jobs.feed import Feed
from safelight.jobs.feeds import recalled
from safelight.jobs.job import Ending
from safelight.store.records import GenerationRecord


def remembered(record: GenerationRecord, *, pictures: Sequence[Picture], known: Feed | None = None) -> Feed:
    """The feed of a generation that ended long ago, or elsewhere."""
    return recalled(record.id, ending=ending_of(record, pictures), last_id=record.last_event, known=known)


def over(record: GenerationRecord) -> Conflict:
    """Why nothing can be changed any more."""
    how = {State.FINISHED: "is finished", State.CANCELLED: "was cancelled"}.get(record.state, "has failed")
    return Conflict(f"The generation {how}.", hint="Branch off from one of its steps instead.")


def ending_of(record: GenerationRecord, pictures: Sequence[Picture]) -> Ending:
    if record.error is not None:
        return record.error
    if record.state is State.CANCELLED:
        return Cancelled(step=record.step)
    return Finished(pictures=tuple(pictures))
