"""How far it is, and stopping it: of the caller's own, the oldest that somebody waits for."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from safelight.domain.access import Access
from safelight.domain.errors import Conflict, NotReady, Unsupported
from safelight.domain.generation import State
from safelight.domain.steering import Turn
from safelight.store.records import GenerationRecord
from safelight.web.admitting import Caller
from safelight.web.body import body_of
from safelight.web.doors.a1111.answering import refusal, stamp
from safelight.web.doors.a1111.desk import Place, TheDesk
from safelight.web.doors.following import latest
from safelight.web.doors.images import Format, base64, printed
from safelight.web.doors.telling import router_of
from safelight.web.rooms import House, Rooms

router = router_of(refusal)


class TaskProgress(BaseModel):
    """The body of `/internal/progress`."""

    model_config = ConfigDict(extra="ignore")

    id_task: str = Field(max_length=200)
    id_live_preview: int = -1
    live_preview: bool = True


@router.get("/sdapi/v1/progress")
async def progress(
    house: House, access: Caller, desk: TheDesk, skip_current_image: Annotated[bool, Query()] = False
) -> JSONResponse:
    """How far the oldest of the caller's own is."""
    place = desk.of(access)
    record = await _current(place, house, access)
    if record is None:
        return JSONResponse({"progress": 0.0, "eta_relative": 0.0, "state": _state(None, 0), **_shown(None, None)})
    image = None if skip_current_image else await _preview(record, house, access)
    done = _done(record, image)
    answer = {"progress": done, "eta_relative": _eta(record, done), "state": _state(record, len(place.under_way))}
    return JSONResponse({**answer, **_shown(image and image[1], "Waiting..." if record.started_at is None else None)})


@router.post("/internal/progress")
async def task_progress(
    house: House,
    access: Caller,
    desk: TheDesk,
    asked: Annotated[TaskProgress, Depends(body_of(TaskProgress, what="a task", strict=False))],
) -> JSONResponse:
    """How far one task is, by the id that its client gave it."""
    generation = desk.of(access).tasks.get(asked.id_task)
    if generation is None:
        return JSONResponse(_task(active=False, queued=False, completed=False, textinfo="Waiting..."))
    record = await house.runner.get(generation, access=access)
    queued = record.state is State.QUEUED
    shown = not record.state.final and asked.live_preview
    preview = await _preview(record, house, access) if shown else None
    done = _done(record, preview)
    answer = _task(active=not record.state.final and not queued, queued=queued, completed=record.state.final)
    answer |= {"progress": done, "eta": _eta(record, done)}
    if preview is not None:
        answer["id_live_preview"] = preview[0]
        if preview[0] != asked.id_live_preview:
            answer["live_preview"] = f"data:image/png;base64,{preview[1]}"
    return JSONResponse(answer)


@router.post("/sdapi/v1/interrupt")
async def interrupt(house: House, access: Caller, desk: TheDesk) -> JSONResponse:
    """Leave off with all of the caller's own: what is being drawn is finished as it stands, what waits is not drawn."""
    for generation in tuple(desk.of(access).under_way):
        await _leave_off(generation, house, access)
    return JSONResponse({})


@router.post("/sdapi/v1/skip")
async def skip(house: House, access: Caller, desk: TheDesk) -> JSONResponse:
    """Leave off with the oldest of the caller's own."""
    record = await _current(desk.of(access), house, access)
    if record is not None:
        await _leave_off(record.id, house, access)
    return JSONResponse(None)


async def _leave_off(generation: str, house: Rooms, access: Access) -> None:
    record = await house.runner.get(generation, access=access)
    if record.state is State.RUNNING:
        try:
            await house.runner.steer(generation, Turn(stop_after=1), access=access)
            return
        except (Unsupported, NotReady):
            pass
        except Conflict:  # Its last step is taken.
            return
    await house.runner.cancel(generation, access=access)


async def _current(place: Place, house: Rooms, access: Access) -> GenerationRecord | None:
    for generation in tuple(place.under_way):
        record = await house.runner.get(generation, access=access)
        if not record.state.final:
            return record
    return None


async def _preview(record: GenerationRecord, house: Rooms, access: Access) -> tuple[int, str] | None:
    """The step of the newest preview, and the preview as a PNG in base64."""
    found = latest(await house.runner.feed(record.id, access=access))
    if found is None:
        return None
    event, frame = found
    return event.step, base64(await printed(frame, Format.PNG))


def _done(record: GenerationRecord, preview: tuple[int, str] | None) -> float:
    """How much of it, from 0 to 1. The preview may be of a step that was taken after the record was read."""
    step = max(record.step, preview[0] if preview is not None else 0)
    return step / record.total if record.total else 0.0


def _eta(record: GenerationRecord, done: float) -> float:
    """Seconds that are left, as far as one can tell by those that are over."""
    if record.started_at is None or done <= 0 or record.state.final:
        return 0.0
    return (datetime.now(UTC) - record.started_at).total_seconds() * (1 - done) / done


def _state(record: GenerationRecord | None, count: int) -> dict[str, Any]:
    return {
        "skipped": False,
        "interrupted": False,
        "stopping_generation": False,
        "job": "" if record is None else record.id,
        "job_count": count if record is not None else 0,
        "job_timestamp": "0" if record is None else stamp(record),
        "job_no": 0,
        "sampling_step": 0 if record is None else record.step,
        "sampling_steps": 0 if record is None else record.total,
    }


def _shown(image: str | None, text: str | None) -> dict[str, Any]:
    return {"current_image": image, "textinfo": text}


def _task(*, active: bool, queued: bool, completed: bool, textinfo: str | None = None) -> dict[str, Any]:
    standing = {"active": active, "queued": queued, "completed": completed, "progress": None, "eta": None}
    return {**standing, "live_preview": None, "id_live_preview": -1, "textinfo": textinfo}
