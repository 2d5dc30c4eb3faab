"""Who may do what: roles, scopes, workspaces, and the value that says on whose behalf something is done."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from safelight.domain.frozen import Frozen

HOME = "default"
"""Id of the workspace that every server has. Its admins look after the server itself: models, users, workspaces."""

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")
]
"""Of a key, a user, a workspace: one line of text."""


class Role(StrEnum):
    """What somebody is within a workspace; each may do what those before it may."""

    VIEWER = "viewer"
    """Looks."""
    CREATOR = "creator"
    """Draws, and deletes."""
    ADMIN = "admin"
    """Decides who else may."""

    def covers(self, other: "Role") -> bool:
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


class Scope(StrEnum):
    """A kind of deed. A key does only those that it was given, and those only as far as its role goes."""

    READ = "read"
    CREATE = "create"
    DELETE = "delete"
    MANAGE = "manage"
    HURRY = "hurry"
    """Have generations drawn before others of the workspace."""


EVERY_SCOPE = frozenset(Scope)


class Openness(StrEnum):
    """What becomes of somebody who shows neither key nor token."""

    SINGLE = "single"
    """They are whoever sits at this machine, and may do everything."""
    UNTIL_KEYS = "until_keys"
    """The same, as long as the server knows neither keys nor users."""
    ANYONE = "anyone"
    """They may draw in the server's own workspace."""
    KEYS = "keys"
    """They stay outside."""


class Kind(StrEnum):
    """How somebody was recognised."""

    LOCAL = "local"
    """As whoever sits at this machine, where nothing else is asked for."""
    ANONYMOUS = "anonymous"
    """Not at all, and that is allowed here."""
    KEY = "key"
    USER = "user"
    TOKEN = "token"


@dataclass(frozen=True, kw_only=True)
class Access:
    """On whose behalf something is done. Made at the door, and handed on from there.

    Attributes:
        workspace: the only one whose things are there.
        caller: whose limits count, such as `key_…`; no two callers have the same.
        name: for people.
        limited: whether limits count at all.
    """

    workspace: str
    role: Role
    scopes: frozenset[Scope] = EVERY_SCOPE
    kind: Kind
    caller: str
    name: str
    limited: bool = True

    @property
    def keeps_house(self) -> bool:
        """Whether it may look after the server itself."""
        return self.role is Role.ADMIN and self.workspace == HOME

    @property
    def hurries(self) -> bool:
        """Whether it may ask to be drawn before others of its workspace."""
        return Scope.HURRY in self.scopes or (self.role is Role.ADMIN and Scope.MANAGE in self.scopes)


LOCAL = Access(
    workspace=HOME, role=Role.ADMIN, kind=Kind.LOCAL, caller="local", name="whoever sits here", limited=False
)


class ApiKey(Frozen):
    """A key, without the secret, which nobody can read again."""

    id: str
    name: str
    hint: str
    """How its secret begins."""
    workspace: str
    role: Role
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """To the minute."""
    revoked_at: datetime | None
    user: str | None = None
    """Whose it is: what was done with it is theirs, and it ends with them."""

    def valid(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class User(Frozen):
    """Somebody who signs in with a password. What they may do, their workspaces say."""

    id: str
    name: str
    created_at: datetime


class Workspace(Frozen):
    """Generations, pictures and images that only its members see."""

    id: str
    name: str
    created_at: datetime


class Member(Frozen):
    """A user in a workspace."""

    user: str
    name: str
    workspace: str
    role: Role


class Deed(Frozen):
    """One administrative act, as the audit log keeps it."""

    id: str
    created_at: datetime
    actor: str
    """Who did it: `key_…`, `usr_…`, `local`, `command line`."""
    action: str
    """For instance `key.created`."""
    target: str
    """What it was done to."""
    workspace: str
    address: str
    """Where the request came from; empty for the command line."""
    detail: str = Field(default="")
