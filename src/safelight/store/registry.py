"""Keys, users, workspaces and sessions as rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import ColumnElement, RowMapping, Select, Table, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from safelight.domain.access import HOME, ApiKey, Member, Role, User, Workspace
from safelight.domain.errors import Conflict, NotFound
from safelight.store.cursor import Page, newest_first
from safelight.store.records import Records
from safelight.store.schema import GENERATIONS, INPUTS, KEYS, MEMBERS, PICTURES, SESSIONS, USERS, WORKSPACES

Value = TypeVar("Value", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A sign-in that has not ended: of a key, or of a user."""

    workspace: str
    expires_at: datetime
    key: str | None = None
    user: str | None = None


class Registry:
    """Who is known here."""

    def __init__(self, records: Records) -> None:
        self._engine = records.engine

    # ---- keys

    async def add_key(self, key: ApiKey, *, digest: str) -> None:
        """Raises NotFound where there is no such workspace."""
        try:
            await self._insert(KEYS, {**key.model_dump(), "scopes": sorted(key.scopes), "digest": digest})
        except IntegrityError as error:
            raise _missing("workspace", key.workspace) from error

    async def key(self, key: str) -> ApiKey | None:
        return await self._one(ApiKey, KEYS, KEYS.c.id == key)

    async def key_of(self, digest: str) -> ApiKey | None:
        return await self._one(ApiKey, KEYS, KEYS.c.digest == digest)

    async def keys(self, *, workspace: str | None = None, limit: int = 50, cursor: str | None = None) -> Page[ApiKey]:
        """Newest first; of one workspace, or of all."""
        query = select(KEYS)
        if workspace is not None:
            query = query.where(KEYS.c.workspace == workspace)
        return await self._page(ApiKey, KEYS, query, limit=limit, cursor=cursor)

    async def keys_of(self, user: str) -> tuple[ApiKey, ...]:
        """Every key of a user, revoked or not."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(select(KEYS).where(KEYS.c.user == user))).mappings().all()
        return tuple(_value(ApiKey, row) for row in rows)

    async def keys_of_known(self, user: str) -> tuple[ApiKey, ...]:
        """The same. Raises NotFound where there is no such user."""
        if await self.user(user) is None:
            raise _missing("user", user)
        return await self.keys_of(user)

    async def used(self, key: str, *, at: datetime) -> None:
        await self._change(update(KEYS).where(KEYS.c.id == key).values(last_used_at=at))

    async def revoke(self, key: str, *, at: datetime) -> None:
        """From now on it is worth nothing, nor is a session that was begun with it. Idempotent."""
        await self._change(update(KEYS).where(KEYS.c.id == key, KEYS.c.revoked_at.is_(None)).values(revoked_at=at))

    async def knows_anyone(self) -> bool:
        """Whether there is a user, or a key that was not revoked."""
        query = select(or_(exists().where(KEYS.c.revoked_at.is_(None)), exists(select(USERS.c.id))))
        async with self._engine.connect() as connection:
            return bool((await connection.execute(query)).scalar())

    # ---- users and their workspaces

    async def add_user(self, user: User, *, password: str) -> None:
        """Raises Conflict where the name is taken. `password` is its hash."""
        try:
            await self._insert(USERS, {**user.model_dump(), "password": password})
        except IntegrityError as error:
            raise Conflict(f"There is a user '{user.name}' already.", hint="Choose another name.") from error

    async def user(self, user: str) -> User | None:
        return await self._one(User, USERS, USERS.c.id == user)

    async def password(self, name: str) -> tuple[User | None, str | None]:
        """A user by name, and the hash of the password."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(USERS).where(USERS.c.name == name))).mappings().first()
        return (None, None) if row is None else (_value(User, row), row["password"])

    async def users(self, *, limit: int = 50, cursor: str | None = None) -> Page[User]:
        """Newest first."""
        return await self._page(User, USERS, select(USERS), limit=limit, cursor=cursor)

    async def set_password(self, user: str, password: str) -> None:
        """Its hash. Whoever is signed in with the one before is so no longer."""
        async with self._engine.begin() as connection:
            await connection.execute(update(USERS).where(USERS.c.id == user).values(password=password))
            await connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user))

    async def remove_user(self, user: str) -> None:
        """With its memberships and sessions; its keys are revoked. Idempotent."""
        now = datetime.now(UTC)
        async with self._engine.begin() as connection:
            theirs = (KEYS.c.user == user) & KEYS.c.revoked_at.is_(None)
            await connection.execute(update(KEYS).where(theirs).values(revoked_at=now))
            await connection.execute(delete(USERS).where(USERS.c.id == user))

    async def add_workspace(self, workspace: Workspace) -> None:
        """Raises Conflict where the name is taken."""
        try:
            await self._insert(WORKSPACES, workspace.model_dump())
        except IntegrityError as error:
            raise Conflict(f"There is a workspace '{workspace.name}' already.", hint="Choose another name.") from error

    async def workspace(self, workspace: str) -> Workspace:
        """By its id or its name. Raises NotFound."""
        known = or_(WORKSPACES.c.id == workspace, WORKSPACES.c.name == workspace)
        if (found := await self._one(Workspace, WORKSPACES, known)) is None:
            raise _missing("workspace", workspace)
        return found

    async def workspaces(
        self, *, only: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Workspace]:
        """Newest first; all, or only one."""
        query = select(WORKSPACES)
        if only is not None:
            query = query.where(WORKSPACES.c.id == only)
        return await self._page(Workspace, WORKSPACES, query, limit=limit, cursor=cursor)

    async def remove_workspace(self, workspace: str) -> None:
        """With its keys, its sessions and who is in it. Raises Conflict while there is something in it."""
        if workspace == HOME:
            raise Conflict("The server's own workspace stays.", hint="Remove what is in it instead.")
        contents = (table.c.workspace == workspace for table in (GENERATIONS, PICTURES, INPUTS))
        async with self._engine.begin() as connection:
            if (await connection.execute(select(or_(*(exists().where(own) for own in contents))))).scalar():
                raise Conflict("There are generations or images in this workspace.", hint="Delete them first.")
            await connection.execute(delete(WORKSPACES).where(WORKSPACES.c.id == workspace))

    async def set_member(self, *, user: str, workspace: str, role: Role) -> None:
        """Let a user into a workspace, or change the role there. Raises NotFound."""
        own = (MEMBERS.c.user == user) & (MEMBERS.c.workspace == workspace)
        try:
            async with self._engine.begin() as connection:
                changed = await connection.execute(update(MEMBERS).where(own).values(role=role.value))
                if not changed.rowcount:
                    row = {"user": user, "workspace": workspace, "role": role.value}
                    await connection.execute(insert(MEMBERS).values(row))
        except IntegrityError as error:
            raise _missing("user", user) from error

    async def remove_member(self, *, user: str, workspace: str) -> None:
        """Idempotent."""
        await self._change(delete(MEMBERS).where(MEMBERS.c.user == user, MEMBERS.c.workspace == workspace))

    async def members(self, *, workspace: str | None = None, user: str | None = None) -> tuple[Member, ...]:
        """Of a workspace or of a user, by name."""
        query = (
            select(MEMBERS, USERS.c.name).join(USERS, USERS.c.id == MEMBERS.c.user).order_by(USERS.c.name, "workspace")
        )
        if workspace is not None:
            query = query.where(MEMBERS.c.workspace == workspace)
        if user is not None:
            query = query.where(MEMBERS.c.user == user)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return tuple(_value(Member, row) for row in rows)

    # ---- sessions

    async def begin_session(self, session: Session, *, digest: str, now: datetime) -> None:
        """Keep a session, and forget those that have ended."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= now))
            await connection.execute(insert(SESSIONS).values({**vars(session), "digest": digest}))

    async def session(self, digest: str, *, now: datetime) -> Session | None:
        query = select(SESSIONS).where(SESSIONS.c.digest == digest, SESSIONS.c.expires_at > now)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else Session(**{name: row[name] for name in Session.__dataclass_fields__})

    async def end_session(self, digest: str) -> None:
        """Idempotent."""
        await self._change(delete(SESSIONS).where(SESSIONS.c.digest == digest))

    # ---- all of them

    async def _insert(self, table: Table, row: dict[str, Any]) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(insert(table).values(row))

    async def _change(self, statement: Any) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(statement)

    async def _page(
        self, kind: type[Value], table: Table, query: Select[Any], *, limit: int, cursor: str | None
    ) -> Page[Value]:
        def read(row: RowMapping) -> Value:
            return _value(kind, row)

        return await newest_first(self._engine, query, table=table, limit=limit, cursor=cursor, read=read)

    async def _one(self, kind: type[Value], table: Table, condition: ColumnElement[bool]) -> Value | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(select(table).where(condition))).mappings().first()
        return None if row is None else _value(kind, row)


def _value(kind: type[Value], row: RowMapping) -> Value:
    """The columns that are anybody's business."""
    fields: Iterable[str] = kind.model_fields
    return kind.model_validate({name: row[name] for name in fields})


def _missing(what: str, name: str) -> NotFound:
    return NotFound(f"There is no {what} '{name[:80]}'.", hint=f"GET /api/v1/{what}s lists them.")
