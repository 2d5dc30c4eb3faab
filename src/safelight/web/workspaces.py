"""What is different in a workspace from the rest of the server."""

from typing import Annotated

from fastapi import APIRouter, Depends

from safelight.domain.errors import InvalidRecipe
from safelight.domain.links import API
from safelight.domain.workspace import WorkspaceSettings
from safelight.web import problems
from safelight.web.body import body_of, sent
from safelight.web.keys import ByClerk
from safelight.web.rooms import House

router = APIRouter(prefix=f"{API}/workspaces/{{workspace}}/settings", tags=["access"], responses=problems.RESPONSES)


@router.get("")
async def settings(workspace: str, house: House, clerk: ByClerk) -> WorkspaceSettings:
    """Retention, moderation and counting in a workspace, as far as it wants them to be different."""
    clerk.check(workspace, "workspace")
    found = await house.office.registry.workspace(workspace)
    return await house.privacy.people.settings(found.id)


@router.put("", openapi_extra=sent("WorkspaceSettingsInput"))
async def change_settings(
    workspace: str,
    house: House,
    clerk: ByClerk,
    wish: Annotated[WorkspaceSettings, Depends(body_of(WorkspaceSettings, what="the settings of a workspace"))],
) -> WorkspaceSettings:
    """Say what is to be different, all of it: what is left out is as everywhere. It counts at once; what is too old by
    it goes within the hour."""
    clerk.check(workspace, "workspace")
    found = await house.office.registry.workspace(workspace)
    if beyond := house.runner.moderation.gate.policy.beyond(wish.moderation):
        raise InvalidRecipe(
            f"Not valid: {', '.join(beyond)}. That is looser than this server allows.",
            hint="Whoever runs the server decides: `loosest` in its policy.toml, see docs/how-to/moderate.md.",
            fields=beyond,
        )
    await house.privacy.people.change_settings(found.id, wish)
    said = wish.model_dump_json(exclude_defaults=True)
    await house.office.note(clerk, "workspace.settings", found.id, workspace=found.id, detail=said)
    return wish
