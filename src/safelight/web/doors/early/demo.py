"""The streaming demo: an `EventSource` that draws with a GET.

An `EventSource` repeats its GET whenever the connection is lost, so this one draws or attaches: what was begun is found
again by `Last-Event-ID`, and never drawn twice.
"""

from typing import Annotated

from fastapi import Header, Query, Response

from safelight.domain.errors import Forbidden, InvalidRecipe, LimitReached, SafelightError, Unauthenticated
from safelight.domain.recipe import Recipe
from safelight.web.admitting import Caller
from safelight.web.doors.early.frames import found, refused, streamed
from safelight.web.doors.following import count
from safelight.web.doors.recipes import recipe_of
from safelight.web.doors.telling import router_of
from safelight.web.problems import answer
from safelight.web.rooms import House
from safelight.web.sse import EventStream

FEWEST, MOST = 5, 50
OUTSIDE = (Unauthenticated, Forbidden, LimitReached)


def _told(error: SafelightError) -> Response:
    """Who may not come in gets a status; all else is said in the stream."""
    return answer(error) if isinstance(error, OUTSIDE) else refused(error)


router = router_of(_told)


@router.get("/api/generate")
async def generate(
    house: House,
    access: Caller,
    prompt: Annotated[str, Query()] = "",
    steps: Annotated[str, Query()] = "20",
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=200)] = None,
) -> Response:
    """Draw, or go on following what was begun."""
    if last_event_id:
        attached = await found(last_event_id, house, access=access)
        # 204 tells an `EventSource` not to come again.
        if attached is None:
            return Response(status_code=204)
        return await streamed(attached[0], house, access=access, after=attached[1])
    recipe = _recipe(prompt, steps)
    await count(house, access)
    record = await house.runner.submit(recipe, access=access)
    stream: EventStream = await streamed(record, house, access=access)
    return stream


def _recipe(prompt: str, steps: str) -> Recipe:
    if not (steps.isascii() and steps.isdigit() and FEWEST <= int(steps[:9]) <= MOST):
        problem = f"is not a number from {FEWEST} to {MOST}"
        raise InvalidRecipe("Not valid: steps.", hint=f"steps {problem}.", fields={"steps": problem})
    return recipe_of(prompt=prompt, steps=int(steps))
