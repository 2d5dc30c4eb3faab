from safelight.domain.batch import BatchState, CellState, Counts
from safelight.domain.batch_events import BatchEnded, BatchEvent, CellTold
from safelight.domain.events import Gap
from safelight.jobs.moments import Moments

BEGUN = 1_000_000


def cell(index: int) -> CellTold:
    return CellTold(index=index, state=CellState.FINISHED)


def told(feed: Moments[BatchEvent], *, after: int) -> list[BatchEvent]:
    events: list[BatchEvent] = []
    while (numbered := feed.next(after=after)) is not None:
        after = numbered.id
        events.append(numbered.event)
    return events


def test_ids_are_moments_and_nothing_is_missing_between_them() -> None:
    feed = Moments[BatchEvent]("bat_a", after=BEGUN)
    numbered = [feed.append(cell(index)) for index in range(3)]
    assert BEGUN < numbered[0].id < numbered[1].id < numbered[2].id
    assert told(feed, after=BEGUN) == [cell(0), cell(1), cell(2)]
    assert told(feed, after=numbered[0].id) == [cell(1), cell(2)]
    assert isinstance(told(feed, after=5)[0], Gap) and told(feed, after=5)[1:] == told(feed, after=BEGUN)


def test_a_reader_of_another_server_misses_nothing_although_that_was_ahead() -> None:
    feed = Moments[BatchEvent]("bat_a", after=BEGUN)
    for index in range(3):
        last = feed.append(cell(index))
    ending = BatchEnded(state=BatchState.FINISHED, counts=Counts(finished=3))
    feed.append(ending)
    ahead = feed.last_id + 500
    assert told(feed, after=feed.since(ahead))[-1] == ending
    # Whoever has an id of this one hears nothing twice.
    assert told(feed, after=feed.since(last.id)) == [ending]
    assert told(feed, after=feed.since(feed.last_id)) == []
