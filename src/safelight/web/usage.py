"""What the caller's workspace used the server for."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from safelight.domain.access import Access, Role, Scope
from safelight.domain.links import API
from safelight.domain.usage import Span, Usage
from safelight.store.usage import used
from safelight.web import problems
from safelight.web.admitting import Caller
from safelight.web.rooms import House

router = APIRouter(prefix=f"{API}/usage", tags=["usage"], responses=problems.RESPONSES)


@router.get("")
async def usage(house: House, access: Caller, span: Annotated[Span, Query()]) -> Usage:
    """Pictures, outcomes, money and seconds by day, model and provider, how long generations took, what moderation
    said, and which prompts, words and styles are liked, in this workspace."""
    since, until = span.of(datetime.now(UTC))
    return await used(
        house.runner.records,
        workspace=access.workspace,
        since=since,
        until=until,
        top=span.top,
        providers={card.id: card.provider for card in house.runner.providers.models()},
        people=_decides(access),
    )


def _decides(access: Access) -> bool:
    """Whether they may know who did what."""
    return access.role is Role.ADMIN and Scope.MANAGE in access.scopes
