"""`safelight keys`, `users` and `workspaces`: who may use the server. A server may run meanwhile, and minds at once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from safelight.cli.console import err, out
from safelight.domain.access import Role, Scope

if TYPE_CHECKING:
    from safelight.admission.office import Clerk, Office

T = TypeVar("T")

keys = typer.Typer(help="Make, list and revoke keys.", no_args_is_help=True)
users = typer.Typer(help="Make, list and remove users, who sign in with a password.", no_args_is_help=True)
workspaces = typer.Typer(help="Make, list and remove workspaces, and say who is in them.", no_args_is_help=True)

Config = Annotated[Path | None, typer.Option(help="Settings file; otherwise ./safelight.toml, if there is one.")]
Home = Annotated[Path | None, typer.Option(help="Folder of everything that is kept.")]


RoleOption = Annotated[Role, typer.Option(help="viewer looks, creator draws, admin decides who else may.")]


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Option(help="Whose it is, or what for.")],
    role: RoleOption = Role.CREATOR,
    workspace: Annotated[str, typer.Option(help="Id or name.")] = "default",
    scope: Annotated[list[Scope] | None, typer.Option(help="Only these; may be given several times.")] = None,
    days: Annotated[float | None, typer.Option(min=0.001, help="How long it is valid; otherwise for ever.")] = None,
    user: Annotated[str | None, typer.Option(help="Id of the user whose it is: it ends with them.")] = None,
    config: Config = None,
    home: Home = None,
) -> None:
    """Make a key. Its secret is shown once, on standard output."""
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)

    async def create(office: "Office", clerk: "Clerk") -> None:
        key, secret = await office.create_key(
            clerk, name=name, role=role, workspace=workspace, scopes=scope, expires_at=expires_at, user=user
        )
        err().print(Text(f"{key.id}: keep the key now, it cannot be shown again."))
        err().print(Text("From now on the server asks everybody for one, unless it is told SAFELIGHT_ACCESS=single."))
        out().print(Text(secret))

    _with_office(create, config=config, home=home)


@keys.command("list")
def list_keys(config: Config = None, home: Home = None) -> None:
    """List the keys, newest first."""

    async def look(office: "Office", _: "Clerk") -> None:
        now = datetime.now(UTC)
        found = await office.registry.keys(limit=200)
        _table(
            ("id", "name", "key", "workspace", "role", "scopes", "valid", "last used"),
            *(
                (
                    key.id,
                    key.name,
                    key.hint,
                    key.workspace,
                    key.role,
                    " ".join(key.scopes),
                    "yes" if key.valid(now) else "no",
                    key.last_used_at.strftime("%Y-%m-%d %H:%M") if key.last_used_at else "never",
                )
                for key in found.items
            ),
        )

    _with_office(look, config=config, home=home)


@keys.command("revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(help="Id of a key, as `safelight keys list` shows it.")],
    config: Config = None,
    home: Home = None,
) -> None:
    """Take a key back, at once and for good."""

    async def revoke(office: "Office", clerk: "Clerk") -> None:
        found = await office.revoke_key(clerk, key)
        out().print(Text(f"{found.id}: {found.name} is revoked."))

    _with_office(revoke, config=config, home=home)


@users.command("create")
def create_user(
    name: Annotated[str, typer.Argument(help="What they sign in as.")],
    role: RoleOption = Role.CREATOR,
    workspace: Annotated[str, typer.Option(help="Where; id or name.")] = "default",
    config: Config = None,
    home: Home = None,
) -> None:
    """Make a user in a workspace. Asks for the password; at least 12 characters."""
    password = _password()

    async def create(office: "Office", clerk: "Clerk") -> None:
        home_of = await office.registry.workspace(workspace)
        user = await office.create_user(clerk, name=name, password=password)
        await office.set_member(clerk, user=user.id, workspace=home_of.id, role=role)
        out().print(Text(f"{user.id}: {user.name} is {role} in {home_of.name}."))

    _with_office(create, config=config, home=home)


@users.command("password")
def new_password(user: Annotated[str, typer.Argument(help="Id.")], config: Config = None, home: Home = None) -> None:
    """Give a user another password. Asks for it; every session of theirs ends."""
    password = _password()

    async def change(office: "Office", clerk: "Clerk") -> None:
        await office.set_password(clerk, user=user, password=password)
        out().print(Text(f"{user} has another password."))

    _with_office(change, config=config, home=home)


@users.command("list")
def list_users(config: Config = None, home: Home = None) -> None:
    """List the users, newest first."""

    async def look(office: "Office", _: "Clerk") -> None:
        found = await office.registry.users(limit=200)
        _table(("id", "name", "since"), *((u.id, u.name, f"{u.created_at:%Y-%m-%d}") for u in found.items))

    _with_office(look, config=config, home=home)


@users.command("remove")
def remove_user(user: Annotated[str, typer.Argument(help="Id.")], config: Config = None, home: Home = None) -> None:
    """Remove a user. What they drew stays in its workspaces."""

    async def remove(office: "Office", clerk: "Clerk") -> None:
        await office.remove_user(clerk, user)
        out().print(Text(f"{user} is removed."))

    _with_office(remove, config=config, home=home)


@workspaces.command("create")
def create_workspace(name: str, config: Config = None, home: Home = None) -> None:
    """Make a workspace."""

    async def create(office: "Office", clerk: "Clerk") -> None:
        workspace = await office.create_workspace(clerk, name=name)
        out().print(Text(f"{workspace.id}: {workspace.name}"))

    _with_office(create, config=config, home=home)


@workspaces.command("list")
def list_workspaces(config: Config = None, home: Home = None) -> None:
    """List the workspaces, and who is in them."""

    async def look(office: "Office", clerk: "Clerk") -> None:
        rows = []
        for workspace in (await office.registry.workspaces(limit=200)).items:
            members = await office.members(clerk, workspace.id)
            rows.append((workspace.id, workspace.name, ", ".join(f"{one.name} ({one.role})" for one in members)))
        _table(("id", "name", "members"), *rows)

    _with_office(look, config=config, home=home)


@workspaces.command("remove")
def remove_workspace(workspace: str, config: Config = None, home: Home = None) -> None:
    """Remove an empty workspace, with its keys."""

    async def remove(office: "Office", clerk: "Clerk") -> None:
        await office.remove_workspace(clerk, workspace)
        out().print(Text(f"{workspace} is removed."))

    _with_office(remove, config=config, home=home)


@workspaces.command("admit")
def admit(
    workspace: Annotated[str, typer.Argument(help="Id or name.")],
    user: Annotated[str, typer.Argument(help="Id.")],
    role: RoleOption = Role.CREATOR,
    config: Config = None,
    home: Home = None,
) -> None:
    """Let a user into a workspace, or change what they are there."""

    async def let_in(office: "Office", clerk: "Clerk") -> None:
        member = await office.set_member(clerk, user=user, workspace=workspace, role=role)
        out().print(Text(f"{member.name} is {member.role} in {member.workspace}."))

    _with_office(let_in, config=config, home=home)


def _password() -> str:
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < 12:
        raise typer.BadParameter("A password has at least 12 characters.")
    return password


def _with_office(work: "Callable[[Office, Clerk], Awaitable[T]]", *, config: Path | None, home: Path | None) -> T:
    from safelight.admission.office import COMMAND_LINE, Clerk
    from safelight.entrance import open_office
    from safelight.settings import Settings

    async def run() -> T:
        async with open_office(Settings.read(config=config, home=home, host="127.0.0.1")) as office:
            return await work(office, Clerk(actor=COMMAND_LINE, within=None))

    return asyncio.run(run())


def _table(headings: tuple[str, ...], *rows: tuple[str, ...]) -> None:
    table = Table(box=None, pad_edge=False)
    # Ids are there to be copied: whatever else is cut off on a narrow terminal, they are not.
    table.add_column(headings[0], header_style="bold", min_width=max((len(row[0]) for row in rows), default=0))
    for heading in headings[1:]:
        table.add_column(heading, header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out().print(table)
