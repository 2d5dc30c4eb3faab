"""From a feed to what a door's client waits for: the finished pictures, or why there are none."""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime

from safelight.accounts.limits import Bucket
from safelight.domain import errors
from safelight.domain.access import Access
from safelight.domain.events import TERMINAL, Event, Failed, Finished, Stepped
from safelight.domain.picture import Picture
from safelight.domain.pixels import Pixels
from safelight.domain.recipe import Recipe
from safelight.jobs.feed import Feed
from safelight.store.records import GenerationRecord
from safelight.web.rooms import Rooms
from safelight.web.sse import KEEP_ALIVE_S, ended, first_of

Telling = Callable[[errors.SafelightError], Iterable[bytes]]


async def count(house: Rooms, access: Access) -> None:
    """Count a drawing where the request that asks for it counted as a look. Raises LimitReached."""
    if access.limited:
        await house.door.limits.hit(Bucket.REQUESTS, access.caller)


async def drawn(
    recipe: Recipe, house: Rooms, *, access: Access, idempotency_key: str | None = None
) -> tuple[GenerationRecord, tuple[Picture, ...]]:
    """Submit a recipe and wait for its pictures. Whoever stops waiting does not stop the drawing.

    Raises:
        SafelightError: as `Runner.submit` says, or as it ended.
    """
    record = await house.runner.submit(recipe, access=access, idempotency_key=idempotency_key)
    pictures = finished_of(await ending(await house.runner.feed(record.id, access=access), house))
    return await house.runner.get(record.id, access=access), pictures


async def ending(feed: Feed, house: Rooms) -> Event:
    """How a generation ends. Raises NotReady where the server stops before."""
    await ended(feed, seconds=None, stop=house.stop)
    last = feed.next(after=feed.last_id - 1)
    if not feed.ended or last is None:
        raise stopping()
    return last.event


def finished_of(event: Event) -> tuple[Picture, ...]:
    """The pictures of an ending. Raises as it failed, or Refused where it was cancelled."""
    match event:
        case Finished(pictures=pictures):
            return pictures
        case Failed():
            raise as_error(event)
        case _:
            raise errors.Refused("The generation was cancelled.", hint="Send it again to draw it after all.")


def as_error(failed: Failed) -> errors.SafelightError:
    """The failure of a generation as the error that it was."""
    kinds = {kind.code: kind for kind in _tree(errors.SafelightError)}
    return kinds.get(failed.code, errors.Broken)(failed.detail, hint=failed.hint)


def stopping() -> errors.NotReady:
    return errors.NotReady(
        "The server is stopping.", hint="The generation goes on at its next start; see the gallery then.", retry_after=5
    )


async def events(feed: Feed, house: Rooms, *, after: int = 0) -> AsyncGenerator[tuple[int, Event | None], None]:
    """Every event after an id, with its id, and None after each long silence; ends with the feed.

    Raises:
        NotReady: the server stops before.
    """
    with feed.read():
        while True:
            if house.stop.is_set():
                raise stopping()
            if (numbered := feed.next(after=after)) is not None:
                after = numbered.id
                yield after, numbered.event
                if isinstance(numbered.event, TERMINAL):
                    return
            elif feed.ended:
                return
            elif not await first_of(feed.changed(), house.stop.wait(), seconds=KEEP_ALIVE_S):
                yield after, None


async def told(chunks: AsyncGenerator[bytes, None], *, failing: Telling) -> AsyncGenerator[bytes, None]:
    """A stream that says in its own words what went wrong in it."""
    async with aclosing(chunks):
        try:
            async for chunk in chunks:
                yield chunk
        except errors.SafelightError as error:
            for chunk in failing(error):
                yield chunk


def latest(feed: Feed) -> tuple[Stepped, Pixels] | None:
    """The last step whose preview is there, and the preview."""
    for id in range(feed.last_id, 0, -1):
        numbered = feed.next(after=id - 1)
        if numbered is None or numbered.id != id:
            return None
        event = numbered.event
        if isinstance(event, Stepped) and (frame := feed.frame(step=event.step, picture=event.picture)):
            return event, frame
    return None


def now() -> int:
    """Seconds since 1970."""
    return int(datetime.now(UTC).timestamp())


def _tree(kind: type[errors.SafelightError]) -> Iterator[type[errors.SafelightError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)
