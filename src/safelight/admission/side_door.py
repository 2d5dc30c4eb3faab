"""Signing in elsewhere: a browser goes to a provider, comes back, and is a user with a session like any other."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex, token_urlsafe

from safelight.accounts import passwords, secrets
from safelight.accounts.limits import Bucket
from safelight.accounts.oidc import Identity, OpenId
from safelight.admission.door import Door
from safelight.admission.office import Clerk, Office
from safelight.domain.access import HOME, Access, Role, User
from safelight.domain.errors import Conflict, Forbidden, Unauthenticated
from safelight.store.identities import Attempt, Identities

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=10)
"""How long somebody may take at the provider."""
OVER = "This sign-in was not begun in this browser, or is over."
NAMES_TRIED = 20


@dataclass(frozen=True, kw_only=True)
class SideDoor:
    """A provider of sign-ins, and what those become here whom it knows.

    Attributes:
        claim: of the ID token, in which it stands what somebody is.
        roles: what its values stand for.
        role: of those whom it says nothing of.
        domains: of verified addresses that are let in; none for everybody.
        workspace: where they are let in, by id or name.
    """

    openid: OpenId
    identities: Identities
    door: Door
    office: Office
    claim: str | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)
    role: Role = Role.VIEWER
    domains: tuple[str, ...] = ()
    workspace: str = HOME

    async def begin(self, *, back_to: str, destination: str, address: str) -> tuple[str, str]:
        """Where to send a browser, and the secret that it has to come back with besides.

        Raises:
            Unreachable: the provider does not answer.
            LimitReached: there were too many attempts from there.
        """
        await self.door.limits.hit(Bucket.STRANGERS, address)
        begun, browser, now = await self.openid.begin(back_to=back_to), token_urlsafe(32), datetime.now(UTC)
        attempt = Attempt(
            state=secrets.digest(begun.state),
            browser=secrets.digest(browser),
            nonce=begun.nonce,
            verifier=begun.verifier,
            destination=destination,
            expires_at=now + PATIENCE,
        )
        await self.identities.begin(attempt, now=now)
        return begun.url, browser

    async def finish(
        self, *, state: str, code: str | None, fault: str | None, browser: str | None, back_to: str, address: str
    ) -> tuple[str, Access, str]:
        """A browser came back.

        Returns:
            A session's secret, who it is, and where to go from here.

        Raises:
            Unauthenticated: it was not begun here, it is over, or the provider did not vouch for them.
            Forbidden: they are not let in.
            Unreachable: the provider does not answer.
        """
        attempt = await self.identities.take(secrets.digest(state), now=datetime.now(UTC))
        if attempt is None or not secrets.same(secrets.digest(browser or ""), attempt.browser):
            raise Unauthenticated(OVER, hint="Begin again: GET /api/v1/session/oidc.")
        if code is None:
            raise Unauthenticated(f"The sign-in elsewhere was refused: {fault or 'no reason'}.", hint="Begin again.")
        who = await self.openid.finish(code, back_to=back_to, nonce=attempt.nonce, verifier=attempt.verifier)
        if self.domains and who.domain not in self.domains:
            log.warning("a sign-in from %s was refused: its address is of no domain that is let in", address)
            raise Forbidden(
                "Your e-mail address is not verified, or of no domain that is let in here.",
                hint="Sign in with another account, or ask whoever runs this server.",
            )
        user = await self._user(who, address)
        secret, access = await self.door.sign_in_user(user.id, workspace=self.workspace)
        return secret, access, attempt.destination

    async def _user(self, who: Identity, address: str) -> User:
        """Whom they are here, made where they come for the first time; and what they may do, as it stands now."""
        clerk = Clerk(actor="oidc", within=None, address=address)
        user = await self.identities.user(who.issuer, who.subject)
        new = user is None
        if user is None:
            user = await self._made(who)
            await self.office.note(clerk, "user.created", user.id, detail=user.name)
        workspace = (await self.office.registry.workspace(self.workspace)).id
        known = {member.workspace: member.role for member in await self.office.registry.members(user=user.id)}
        role = who.role(self.claim, self.roles)
        if role is None:
            # Taken from the group: what the claim gave goes with it. Where there is no claim, admins decide.
            role = self.role if new or self.roles else known.get(workspace)
        if role is not None and known.get(workspace) is not role:
            await self.office.set_member(clerk, user=user.id, workspace=workspace, role=role)
        return user

    async def _made(self, who: Identity) -> User:
        name = next(iter(who.names), "somebody")
        # Nobody knows it, so that nobody can sign in with it.
        password = await passwords.hashed(token_urlsafe(32))
        for number in range(1, NAMES_TRIED):
            called = name if number == 1 else f"{name} ({number})"
            user = User(id=f"usr_{token_hex(12)}", name=called, created_at=datetime.now(UTC))
            try:
                await self.identities.add(user, password=password, issuer=who.issuer, subject=who.subject)
                return user
            except Conflict:
                # Somebody of that name is here already, and is somebody else; or they came twice at the same time.
                if (quicker := await self.identities.user(who.issuer, who.subject)) is not None:
                    return quicker
        raise Conflict("Too many users have your name.", hint="Ask an admin to make you a user.")
