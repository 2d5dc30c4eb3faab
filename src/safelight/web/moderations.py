"""Moderation by itself: what this server would say of a text or an image, and what it has said."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import model_validator

from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.domain.starting import ImageRef
from safelight.domain.verdict import Verdict, VerdictRecord
from safelight.domain.words import Prompt
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.body import body_of, sent
from safelight.web.rooms import House

router = APIRouter(prefix=f"{API}/moderations", tags=["moderation"], responses=problems.RESPONSES)


class ModerationRequest(Frozen):
    """What to look at: a text, an image, or both."""

    text: Prompt | None = None
    image: ImageRef | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.text is None and self.image is None:
            raise ValueError("holds neither `text` nor `image`")
        return self


class Moderated(Frozen):
    """What this server would do."""

    allowed: bool
    """Whether all of it is."""
    text: Verdict | None
    image: Verdict | None


class VerdictList(Frozen):
    items: tuple[VerdictRecord, ...]
    next_cursor: str | None


@router.post("", openapi_extra=sent("ModerationRequest"))
async def moderated(
    house: House,
    access: Caller,
    asked: Annotated[ModerationRequest, Depends(body_of(ModerationRequest, what="a moderation"))],
) -> Moderated:
    """Say what would become of a text or an image. Nothing is kept of it but a line in the journal."""
    moderation, workspace, text, image = house.runner.moderation, access.workspace, None, None
    if asked.text is not None:
        text = await moderation.read(asked.text, workspace=workspace, caller=access.caller)
    if asked.image is not None:
        data = await house.runner.inputs.read(asked.image, workspace=workspace)
        image = await moderation.look(data, workspace=workspace, caller=access.caller)
    allowed = all(verdict.allowed for verdict in (text, image) if verdict is not None)
    return Moderated(allowed=allowed, text=text, image=image)


@router.get("")
async def listed(
    house: House,
    access: Caller,
    allowed: bool | None = None,
    generation: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> VerdictList:
    """The journal of the workspace, newest first: every prompt that was read, every picture that was kept, and every
    preview that was refused."""
    page = await house.runner.moderation.journal.page(
        workspace=access.workspace, allowed=allowed, generation=generation, limit=limit, cursor=cursor
    )
    return VerdictList(items=page.items, next_cursor=page.next_cursor)
