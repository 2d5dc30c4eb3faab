"""Coming back to a generation: a branch from one of its steps, or the same once more to compare."""

import asyncio
from enum import StrEnum

from safelight.domain.access import Access
from safelight.domain.errors import Conflict, Refused
from safelight.domain.events import Event, Failed, Finished
from safelight.domain.frozen import Frozen
from safelight.domain.generation import BranchOf
from safelight.jobs.branching import Branch, branched
from safelight.jobs.feed import Feed
from safelight.runner import Runner
from safelight.store.likeness import difference
from safelight.store.records import GenerationRecord


class Verdict(StrEnum):
    """How a reproduction came out."""

    IDENTICAL = "identical"
    """Every pixel is the same."""
    DIFFERS = "differs"
    """`distance` says by how much."""
    CANNOT = "cannot"
    """It could not be run again, or there is nothing to compare with."""
    PENDING = "pending"
    """It still runs; ask again with `attempt`."""


class Reproduction(Frozen):
    """A generation that was run again, beside the first one."""

    verdict: Verdict
    detail: str
    """In one sentence, and why."""
    distance: float | None = None
    """Mean difference of the colours as one sees them (OKLab), from 0, the same, to about 1, white for black; of the
    picture that differs most."""
    generation: str | None = None
    """The new one."""


async def branch(
    runner: Runner, parent: str, wanted: Branch, *, access: Access, idempotency_key: str | None = None
) -> GenerationRecord:
    """Develop a picture of a generation again from a step, with changes.

    Raises:
        NotFound: there is no such generation.
        Conflict: it has not taken a step yet, so that there is nothing to branch off from.
        InvalidRecipe: it has no such picture or step, or a change is not possible there.
        Refused, Busy: as for any new generation.
    """
    record = await runner.get(parent, access=access)
    if not record.total:
        raise Conflict("It has not taken a step yet.", hint="Change its prompt instead: PATCH it.")
    recipe = branched(record.recipe, wanted, total=record.total // record.recipe.count)
    origin = BranchOf(generation=parent, picture=wanted.picture, step=wanted.step)
    return await runner.submit(recipe, access=access, idempotency_key=idempotency_key, branch_of=origin)


async def reproduce(
    runner: Runner, generation: str, *, access: Access, attempt: str | None, seconds: float, stop: asyncio.Event
) -> Reproduction:
    """Run a generation again and compare what comes of it.

    Args:
        attempt: one that was begun earlier; left out, a new one is.
        seconds: how long to wait for it.
        stop: ends the waiting.

    Raises:
        NotFound: there is no such generation.
    """
    first = await runner.get(generation, access=access)
    if not await runner.pictures.of(generation):
        return _cannot("It has no pictures to compare with.")
    try:
        again = await (runner.get(attempt, access=access) if attempt else runner.submit(first.recipe, access=access))
    except Refused as error:
        return _cannot(f"It cannot be run again. {error.detail} {error.hint}".strip())
    if not again.same_as(first.recipe):
        return _cannot("The attempt is of another recipe.", generation=again.id)
    ending = await _ending(await runner.feed(again.id, access=access), seconds=seconds, stop=stop)
    if ending is None:
        return Reproduction(verdict=Verdict.PENDING, detail="It still runs.", generation=again.id)
    if isinstance(ending, Finished):
        return await _compared(runner, generation, again.id, workspace=access.workspace)
    why = ending.detail if isinstance(ending, Failed) else "It was cancelled."
    return _cannot(f"The new one has no pictures. {why}", generation=again.id)


async def _ending(feed: Feed, *, seconds: float, stop: asyncio.Event) -> Event | None:
    """The terminal event; None where it takes longer than that, or the server stops before."""

    async def last() -> Event | None:
        event: Event | None = None
        async for numbered in feed.follow(after=feed.last_id - 1):
            event = numbered.event
        return event

    ended, stopped = asyncio.ensure_future(last()), asyncio.ensure_future(stop.wait())
    await asyncio.wait([ended, stopped], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if ended.done():
        return ended.result()
    ended.cancel()
    return None


async def _compared(runner: Runner, first: str, again: str, *, workspace: str) -> Reproduction:
    """The pictures of both that have the same seed, side by side."""
    pictures = await runner.pictures.of_many([first, again])
    others = {picture.seed: picture for picture in pictures[again]}
    worst = 0.0
    for picture in pictures[first]:
        if picture.seed not in others:
            return _cannot("A picture of it is gone.", generation=again)
        one = await runner.pictures.file(picture.id, workspace=workspace)
        other = await runner.pictures.file(others[picture.seed].id, workspace=workspace)
        distance = await asyncio.to_thread(difference, one.data, other.data)
        if distance is None:
            return _cannot("The new picture has another size.", generation=again)
        worst = max(worst, distance)
    if worst == 0:
        return Reproduction(
            verdict=Verdict.IDENTICAL, detail="Every pixel is the same.", distance=0.0, generation=again
        )
    detail = f"The colours differ by {worst:.4f} of the way from black to white in the mean."
    return Reproduction(verdict=Verdict.DIFFERS, detail=detail, distance=worst, generation=again)


def _cannot(why: str, *, generation: str | None = None) -> Reproduction:
    return Reproduction(verdict=Verdict.CANNOT, detail=why, generation=generation)
