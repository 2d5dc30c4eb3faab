"""Users, workspaces, and who is in which."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field, SecretStr

from safelight.domain.access import Member, Name, Role, User, Workspace
from safelight.domain.frozen import Frozen
from safelight.domain.links import API
from safelight.web import problems
from safelight.web.body import body_of, sent
from safelight.web.keys import ByClerk, Cursor, Limit
from safelight.web.rooms import House

router = APIRouter(prefix=API, tags=["access"], responses=problems.RESPONSES)


Password = Annotated[SecretStr, Field(min_length=12, max_length=1000)]


class UserWish(Frozen):
    """A user to make."""

    name: Name
    password: Password


class PasswordWish(Frozen):
    """Another password."""

    password: Password


class UserList(Frozen):
    items: tuple[User, ...]
    next_cursor: str | None


class WorkspaceWish(Frozen):
    """A workspace to make."""

    name: Name


class WorkspaceList(Frozen):
    items: tuple[Workspace, ...]
    next_cursor: str | None


class MemberWish(Frozen):
    """What a user is to be in a workspace."""

    role: Role


class MemberList(Frozen):
    items: tuple[Member, ...]
    next_cursor: str | None = None


@router.get("/users")
async def users(house: House, limit: Limit = 50, cursor: Cursor = None) -> UserList:
    """Users, newest first."""
    page = await house.office.registry.users(limit=limit, cursor=cursor)
    return UserList(items=page.items, next_cursor=page.next_cursor)


@router.post("/users", status_code=201, openapi_extra=sent("UserWish"))
async def new_user(
    house: House, clerk: ByClerk, wish: Annotated[UserWish, Depends(body_of(UserWish, what="a user"))]
) -> User:
    """Make a user. What they may do, their workspaces say; at first they are in none. The first one, where no
    sign-in was needed to make it, looks after the server."""
    return await house.office.receive_user(clerk, name=wish.name, password=wish.password.get_secret_value())


@router.put("/users/{user}/password", status_code=204, response_class=Response, openapi_extra=sent("PasswordWish"))
async def new_password(
    user: str,
    house: House,
    clerk: ByClerk,
    wish: Annotated[PasswordWish, Depends(body_of(PasswordWish, what="a password"))],
) -> Response:
    """Give a user another password. Whoever is signed in with the old one is so no longer."""
    await house.office.set_password(clerk, user=user, password=wish.password.get_secret_value())
    return Response(status_code=204)


@router.delete("/users/{user}", status_code=204, response_class=Response)
async def gone_user(user: str, house: House, clerk: ByClerk) -> Response:
    """Remove a user, signed in or not. What they drew stays in its workspaces."""
    await house.office.remove_user(clerk, user)
    return Response(status_code=204)


@router.get("/workspaces")
async def workspaces(house: House, clerk: ByClerk, limit: Limit = 50, cursor: Cursor = None) -> WorkspaceList:
    """Workspaces, newest first; yours, or all for those who keep the server."""
    page = await house.office.registry.workspaces(only=clerk.within, limit=limit, cursor=cursor)
    return WorkspaceList(items=page.items, next_cursor=page.next_cursor)


@router.post("/workspaces", status_code=201, openapi_extra=sent("WorkspaceWish"))
async def new_workspace(
    house: House, clerk: ByClerk, wish: Annotated[WorkspaceWish, Depends(body_of(WorkspaceWish, what="a workspace"))]
) -> Workspace:
    """Make a workspace, with nothing and nobody in it."""
    return await house.office.create_workspace(clerk, name=wish.name)


@router.delete("/workspaces/{workspace}", status_code=204, response_class=Response)
async def gone_workspace(workspace: str, house: House, clerk: ByClerk) -> Response:
    """Remove an empty workspace, with its keys."""
    await house.office.remove_workspace(clerk, workspace)
    return Response(status_code=204)


@router.get("/workspaces/{workspace}/members")
async def members(workspace: str, house: House, clerk: ByClerk) -> MemberList:
    """Who is in a workspace, by name."""
    return MemberList(items=await house.office.members(clerk, workspace))


@router.put("/workspaces/{workspace}/members/{user}", openapi_extra=sent("MemberWish"))
async def member(
    workspace: str,
    user: str,
    house: House,
    clerk: ByClerk,
    wish: Annotated[MemberWish, Depends(body_of(MemberWish, what="a member"))],
) -> Member:
    """Let a user into a workspace, or change what they are there."""
    return await house.office.set_member(clerk, user=user, workspace=workspace, role=wish.role)


@router.delete("/workspaces/{workspace}/members/{user}", status_code=204, response_class=Response)
async def no_member(workspace: str, user: str, house: House, clerk: ByClerk) -> Response:
    """Take a user out of a workspace, signed in or not."""
    await house.office.remove_member(clerk, user=user, workspace=workspace)
    return Response(status_code=204)
