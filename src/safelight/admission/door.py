"""The door: who is it, and on whose behalf do they act?"""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from safelight.accounts import passwords, secrets
from safelight.accounts.limits import Bucket, Limits
from safelight.accounts.tokens import Tokens
from safelight.domain.access import HOME, LOCAL, Access, ApiKey, Kind, Member, Openness, Role, Scope
from safelight.domain.errors import NotFound, Unauthenticated
from safelight.store.registry import Registry, Session

log = logging.getLogger(__name__)

USED_EVERY = timedelta(minutes=1)
"""`last_used_at` is to the minute, so that not every request writes to the database."""
ANONYMOUS = Access(
    workspace=HOME,
    role=Role.CREATOR,
    scopes=frozenset(Scope) - {Scope.MANAGE, Scope.HURRY},
    kind=Kind.ANONYMOUS,
    caller="anonymous",
    name="anonymous",
)
SCOPES = {
    Role.VIEWER: frozenset({Scope.READ}),
    Role.CREATOR: frozenset({Scope.READ, Scope.CREATE, Scope.DELETE}),
    Role.ADMIN: frozenset(Scope),
}
"""What a role may do. A key may be given less."""
GIVEN = {**SCOPES, Role.CREATOR: SCOPES[Role.CREATOR] | {Scope.HURRY}}
"""What a key of a role may be given."""
HOW = (
    "Send a key: Authorization: Bearer sl_…, or X-API-Key, or SAFELIGHT_KEY on the command line. "
    "`safelight keys create` makes one."
)


@dataclass(frozen=True, kw_only=True)
class Door:
    """Every way in.

    Attributes:
        openness: what becomes of those who show nothing.
        tokens: reads tokens of another sign-in; None where none are taken.
        session_for: how long a sign-in lasts.
    """

    registry: Registry
    limits: Limits
    openness: Openness
    tokens: Tokens | None = None
    session_for: timedelta = timedelta(hours=12)

    async def unannounced(self, address: str) -> Access:
        """Whoever shows nothing. Raises Unauthenticated where that is not enough."""
        match self.openness:
            case Openness.SINGLE:
                return LOCAL
            case Openness.UNTIL_KEYS if not await self.registry.knows_anyone():
                return LOCAL
            case Openness.ANYONE:
                # Each address has limits of its own; nobody can count people who do not say who they are.
                return replace(ANONYMOUS, caller=f"anonymous:{address}"[:100])
        raise Unauthenticated("This server asks who you are.", hint=HOW)

    async def recognise(self, credential: str) -> Access:
        """Whoever shows a key or a token.

        Raises:
            Unauthenticated: it is not valid: made up, expired, revoked.
        """
        if credential.startswith(secrets.KEY) or self.tokens is None:
            return _of_key(await self._key(credential))
        bearer = await self.tokens.read(credential)
        workspace = await self._workspace(bearer.workspace)
        return Access(
            workspace=workspace,
            role=bearer.role,
            scopes=SCOPES[bearer.role],
            kind=Kind.TOKEN,
            caller=f"token:{bearer.subject}",
            name=bearer.name,
        )

    async def recall(self, secret: str) -> Access:
        """Whoever shows a session. Raises Unauthenticated where it has ended, or what it was begun with has."""
        now = datetime.now(UTC)
        session = await self.registry.session(secrets.digest(secret), now=now)
        if session is not None and session.key is not None:
            key = await self.registry.key(session.key)
            if key is not None and key.valid(now):
                return _of_key(key)
        elif session is not None and session.user is not None:
            for member in await self.registry.members(workspace=session.workspace, user=session.user):
                return _of_member(member)
        raise Unauthenticated("You are not signed in any more.", hint="Sign in again: POST /api/v1/session.")

    async def sign_in_with_key(self, key: str, *, address: str) -> tuple[str, Access]:
        """Begin a session with a key.

        Returns:
            The session's secret, and who it is.

        Raises:
            Unauthenticated: the key is not valid.
            LimitReached: there were too many attempts from there.
        """
        await self.limits.hit(Bucket.STRANGERS, address)
        found = await self._key(key)
        return await self._begin(_of_key(found), key=found.id), _of_key(found)

    async def sign_in(self, *, user: str, password: str, workspace: str | None, address: str) -> tuple[str, Access]:
        """Begin a session with a password. Returns and raises as `sign_in_with_key` does; also where the user is in no
        workspace, or not in the one that is named."""
        await self.limits.hit(Bucket.STRANGERS, address)
        await self.limits.hit(Bucket.SIGN_INS, f"{address} {user}")
        known, kept = await self.registry.password(user)
        if not await passwords.matches(password, kept) or known is None:
            log.warning("a sign-in from %s was refused", address)
            raise Unauthenticated("No user has that name and that password.", hint="Look at both again.")
        await self.limits.forget(Bucket.SIGN_INS, f"{address} {user}")
        wanted = None if workspace is None else await self._workspace(workspace)
        for member in await self.registry.members(user=known.id, workspace=wanted):
            return await self._begin(_of_member(member), user=known.id), _of_member(member)
        raise Unauthenticated("You are in no workspace of that name.", hint="Ask an admin of it to let you in.")

    async def sign_in_user(self, user: str, *, workspace: str) -> tuple[str, Access]:
        """Begin a session of somebody whom another sign-in vouches for. Raises Unauthenticated where they are not in
        the workspace."""
        for member in await self.registry.members(user=user, workspace=await self._workspace(workspace)):
            return await self._begin(_of_member(member), user=user), _of_member(member)
        raise Unauthenticated("You are in no workspace of that name.", hint="Ask an admin of it to let you in.")

    async def sign_out(self, secret: str) -> None:
        """End a session. Idempotent."""
        await self.registry.end_session(secrets.digest(secret))

    async def _workspace(self, name: str) -> str:
        try:
            return (await self.registry.workspace(name)).id
        except NotFound as error:
            raise Unauthenticated("You are in no workspace of that name.", hint="Ask an admin for its name.") from error

    async def _begin(self, access: Access, *, key: str | None = None, user: str | None = None) -> str:
        secret, now = secrets.mint(secrets.SESSION), datetime.now(UTC)
        session = Session(workspace=access.workspace, expires_at=now + self.session_for, key=key, user=user)
        await self.registry.begin_session(session, digest=secrets.digest(secret), now=now)
        return secret

    async def _key(self, secret: str) -> ApiKey:
        now = datetime.now(UTC)
        key = await self.registry.key_of(secrets.digest(secret))
        if key is None:
            raise Unauthenticated("That is not a key of this server.", hint=HOW)
        if not key.valid(now):
            ended = "was revoked" if key.revoked_at else "has expired"
            raise Unauthenticated(f"The key '{key.name}' {ended}.", hint="Ask an admin for a new one.")
        if key.last_used_at is None or now - key.last_used_at >= USED_EVERY:
            await self.registry.used(key.id, at=now)
        return key


def _of_key(key: ApiKey) -> Access:
    scopes = frozenset(key.scopes) & GIVEN[key.role]
    return Access(workspace=key.workspace, role=key.role, scopes=scopes, kind=Kind.KEY, caller=key.id, name=key.name)


def _of_member(member: Member) -> Access:
    return Access(
        workspace=member.workspace,
        role=member.role,
        scopes=SCOPES[member.role],
        kind=Kind.USER,
        caller=member.user,
        name=member.name,
    )
