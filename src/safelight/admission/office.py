"""The office: makes keys, users and workspaces, and takes them back. Every act is noted in the audit log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex

from safelight.accounts import passwords, secrets
from safelight.admission.door import GIVEN, SCOPES
from safelight.domain.access import HOME, LOCAL, Access, ApiKey, Member, Role, Scope, User, Workspace
from safelight.domain.errors import Forbidden, NotFound
from safelight.store.audit import Audit
from safelight.store.registry import Registry

COMMAND_LINE = "command line"


@dataclass(frozen=True, kw_only=True)
class Clerk:
    """On whose behalf the office acts.

    Attributes:
        within: the only workspace that they may look after; None for all of them.
    """

    actor: str
    within: str | None
    address: str = ""

    @classmethod
    def of(cls, access: Access, *, address: str) -> "Clerk":
        return cls(actor=access.caller, within=None if access.keeps_house else access.workspace, address=address)

    def check(self, workspace: str, what: str) -> None:
        """Raises NotFound where it is another workspace's: whether it is there is nobody else's business."""
        if self.within not in (None, workspace):
            raise NotFound(f"There is no such {what}.", hint="You look after your own workspace only.")


@dataclass(frozen=True, kw_only=True)
class Office:
    registry: Registry
    audit: Audit

    async def create_key(
        self,
        clerk: Clerk,
        *,
        name: str,
        role: Role,
        workspace: str | None = None,
        scopes: Iterable[Scope] | None = None,
        expires_at: datetime | None = None,
        user: str | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key, and its secret, which nobody can read again.

        Args:
            scopes: left out, whatever its role may do.
            user: whose it is; it ends with them, and what is done with it is theirs.

        Raises:
            NotFound: there is no such workspace, or the user is not in it.
            Forbidden: its role cannot do what is in its scopes.
        """
        home = (await self.registry.workspace(workspace or clerk.within or HOME)).id
        clerk.check(home, "workspace")
        wanted = SCOPES[role] if scopes is None else frozenset(scopes)
        if beyond := wanted - GIVEN[role]:
            raise Forbidden(
                f"A {role} cannot {', '.join(sorted(beyond))}.", hint="Give the key another role, or fewer scopes."
            )
        if user is not None and not await self.registry.members(workspace=home, user=user):
            raise NotFound("There is no such user in this workspace.", hint="Let them in first.")
        secret = secrets.mint(secrets.KEY)
        key = ApiKey(
            id=f"key_{token_hex(12)}",
            name=name,
            hint=f"{secret[: secrets.HINT]}…",
            workspace=home,
            role=role,
            scopes=tuple(sorted(wanted)),
            created_at=datetime.now(UTC),
            expires_at=expires_at,
            last_used_at=None,
            revoked_at=None,
            user=user,
        )
        await self.registry.add_key(key, digest=secrets.digest(secret))
        await self.note(clerk, "key.created", key.id, workspace=home, detail=f"{name}, {role}")
        return key, secret

    async def revoke_key(self, clerk: Clerk, key: str) -> ApiKey:
        """From the next request on it is worth nothing. Idempotent. Raises NotFound."""
        found = await self.registry.key(key)
        if found is None:
            raise NotFound("There is no such key.", hint="GET /api/v1/keys lists them.")
        clerk.check(found.workspace, "key")
        await self.registry.revoke(key, at=datetime.now(UTC))
        await self.note(clerk, "key.revoked", key, workspace=found.workspace, detail=found.name)
        return found

    async def create_user(self, clerk: Clerk, *, name: str, password: str) -> User:
        """Somebody who may sign in, once they are let into a workspace. Raises Conflict where the name is taken."""
        user = User(id=f"usr_{token_hex(12)}", name=name, created_at=datetime.now(UTC))
        await self.registry.add_user(user, password=await passwords.hashed(password))
        await self.note(clerk, "user.created", user.id, detail=name)
        return user

    async def receive_user(self, clerk: Clerk, *, name: str, password: str) -> User:
        """A user made over the web; the first one, made by whoever sits at this machine, looks after the server.

        Nobody gets in without signing in from then on, so nobody else could. Raises Conflict where the name is taken.
        """
        first = clerk.actor == LOCAL.caller and not await self.registry.knows_anyone()
        user = await self.create_user(clerk, name=name, password=password)
        if first:
            await self.set_member(clerk, user=user.id, workspace=HOME, role=Role.ADMIN)
        return user

    async def set_password(self, clerk: Clerk, *, user: str, password: str) -> None:
        """A new password; every session of theirs ends. Raises NotFound."""
        found = await self._user(user)
        await self.registry.set_password(user, await passwords.hashed(password))
        await self.note(clerk, "user.password", user, detail=found.name)

    async def remove_user(self, clerk: Clerk, user: str) -> None:
        """With every session and key of theirs. What they drew stays in its workspaces. Raises NotFound."""
        found = await self._user(user)
        await self.registry.remove_user(user)
        await self.note(clerk, "user.removed", user, detail=found.name)

    async def create_workspace(self, clerk: Clerk, *, name: str) -> Workspace:
        """Raises Conflict where the name is taken."""
        workspace = Workspace(id=f"ws_{token_hex(12)}", name=name, created_at=datetime.now(UTC))
        await self.registry.add_workspace(workspace)
        await self.note(clerk, "workspace.created", workspace.id, workspace=workspace.id, detail=name)
        return workspace

    async def remove_workspace(self, clerk: Clerk, workspace: str) -> None:
        """With its keys. Raises NotFound; Conflict while there is something in it."""
        found = await self.registry.workspace(workspace)
        await self.registry.remove_workspace(found.id)
        await self.note(clerk, "workspace.removed", found.id, workspace=found.id, detail=found.name)

    async def members(self, clerk: Clerk, workspace: str) -> tuple[Member, ...]:
        """Raises NotFound."""
        clerk.check(workspace, "workspace")
        found = await self.registry.workspace(workspace)
        return await self.registry.members(workspace=found.id)

    async def set_member(self, clerk: Clerk, *, user: str, workspace: str, role: Role) -> Member:
        """Let a user in, or change the role. Raises NotFound."""
        clerk.check(workspace, "workspace")
        found, known = await self.registry.workspace(workspace), await self._user(user)
        await self.registry.set_member(user=known.id, workspace=found.id, role=role)
        await self.note(clerk, "member.set", known.id, workspace=found.id, detail=f"{known.name}, {role}")
        return Member(user=known.id, name=known.name, workspace=found.id, role=role)

    async def remove_member(self, clerk: Clerk, *, user: str, workspace: str) -> None:
        """Raises NotFound."""
        clerk.check(workspace, "workspace")
        found, known = await self.registry.workspace(workspace), await self._user(user)
        await self.registry.remove_member(user=known.id, workspace=found.id)
        await self.note(clerk, "member.removed", known.id, workspace=found.id, detail=known.name)

    async def note(self, clerk: Clerk, action: str, target: str, *, workspace: str = HOME, detail: str = "") -> None:
        """Keep in the audit log what was done, on whose behalf, and from where."""
        await self.audit.note(
            actor=clerk.actor,
            action=action,
            target=target,
            workspace=workspace,
            address=clerk.address,
            detail=detail,
        )

    async def _user(self, user: str) -> User:
        if (found := await self.registry.user(user)) is None:
            raise NotFound("There is no such user.", hint="GET /api/v1/users lists them.")
        return found
