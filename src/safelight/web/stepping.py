"""Stepping in: steer a generation under way, branch off from one, or run one again."""

from enum import StrEnum
from typing import Annotated, Any, Self

from fastapi import Depends, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field, model_validator

from safelight.domain.generation import Generation, Priority
from safelight.domain.links import generation_url
from safelight.domain.steering import Turn
from safelight.jobs.branching import Branch
from safelight.revisiting import Reproduction, branch, reproduce
from safelight.web.admitting import Caller
from safelight.web.body import body_of, sent
from safelight.web.generations import WAIT_LIMIT_S, Id, Key, router_of, shown_now, wait_of
from safelight.web.rooms import House

router = router_of()


class Wanted(StrEnum):
    """What a generation is to do."""

    RUNNING = "running"
    PAUSED = "paused"


class Steering(Turn):
    """What is asked of a generation under way: to be done at the next step. What is left out stays."""

    state: Wanted | None = None
    priority: Priority | None = None
    """Of one that waits: see the submission."""
    place: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """Of one that waits, from 0, among those of the same caller and priority."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("asks for nothing")
        return self

    @property
    def turn(self) -> Turn | None:
        """What is left without the state, the priority and the place."""
        turn = Turn.model_validate(self.model_dump(exclude={"state", "priority", "place"}))
        return None if turn == Turn() else turn


STEERED: dict[int | str, dict[str, Any]] = {
    202: {"model": Generation, "description": "Asked for; a step takes long, and its events will tell when it is done."}
}
BRANCHED: dict[int | str, dict[str, Any]] = {202: {"model": Generation, "description": "Accepted."}}


@router.patch("/{generation}", response_model=Generation, responses=STEERED, openapi_extra=sent("SteeringInput"))
async def steered(
    generation: Id,
    house: House,
    access: Caller,
    steering: Annotated[Steering, Depends(body_of(Steering, what="a steering"))],
) -> Response:
    """Pause it, go on with it, or turn it: another prompt or guidance, noise in a part of it, a step to leave off
    after. What was done is part of its recipe, so that the recipe draws the same picture. One that waits can be given
    another priority, or another place among your own."""
    paused = None if steering.state is None else steering.state is Wanted.PAUSED
    if steering.priority is not None or steering.place is not None:
        await house.runner.reorder(generation, access=access, priority=steering.priority, place=steering.place)
    done = True
    if steering.turn is not None or paused is not None:
        done = await house.runner.steer(generation, steering.turn, access=access, paused=paused)
    now = await shown_now(await house.runner.get(generation, access=access), house)
    return JSONResponse(now.model_dump(mode="json"), status_code=200 if done else 202)


@router.post(
    "/{generation}/branches",
    status_code=202,
    response_model=Generation,
    responses=BRANCHED,
    openapi_extra=sent("BranchInput"),
)
async def branched(
    generation: Id,
    house: House,
    access: Caller,
    wanted: Annotated[Branch, Depends(body_of(Branch, what="a branch"))],
    key: Key = None,
) -> Response:
    """Develop one of its pictures again from a step, with changes. Nothing changed draws the same picture."""
    record = await branch(house.runner, generation, wanted, access=access, idempotency_key=key)
    now = await shown_now(record, house)
    headers = {"Location": generation_url(record.id), "X-Generation-Id": record.id}
    return JSONResponse(now.model_dump(mode="json"), status_code=202, headers=headers)


@router.post("/{generation}/reproduce")
async def reproduced(
    generation: Id,
    house: House,
    access: Caller,
    prefer: Annotated[str, Header()] = "",
    attempt: Annotated[
        str | None, Query(max_length=100, description="Generation of an earlier answer: wait for that one.")
    ] = None,
) -> Reproduction:
    """Run it again and compare the pictures. `Prefer: wait=60` bounds the waiting; the verdict may be pending then."""
    seconds = wait_of(prefer)
    wait = WAIT_LIMIT_S if seconds is None else seconds
    return await reproduce(house.runner, generation, access=access, attempt=attempt, seconds=wait, stop=house.stop)
