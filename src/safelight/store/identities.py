"""Signing in elsewhere, as rows: what has begun, and which user somebody is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from safelight.domain.access import User
from safelight.domain.errors import Conflict
from safelight.store.records import Records
from safelight.store.schema import IDENTITIES, SIGN_INS, USERS


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A sign-in that has begun.

    Attributes:
        state: digest of what the browser comes back with.
        browser: digest of what the browser was given that began it.
        destination: where the browser goes when it is done, a path here.
    """

    state: str
    browser: str
    nonce: str
    verifier: str
    destination: str
    expires_at: datetime


class Identities:
    def __init__(self, records: Records) -> None:
        self._engine = records.engine

    async def begin(self, attempt: Attempt, *, now: datetime) -> None:
        """Keep it, and forget those that nobody came back with."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(SIGN_INS).where(SIGN_INS.c.expires_at <= now))
            await connection.execute(insert(SIGN_INS).values(vars(attempt)))

    async def take(self, state: str, *, now: datetime) -> Attempt | None:
        """What had begun with a state, once: whoever comes a second time finds nothing."""
        taken = delete(SIGN_INS).where(SIGN_INS.c.state == state, SIGN_INS.c.expires_at > now).returning(*SIGN_INS.c)
        async with self._engine.begin() as connection:
            row = (await connection.execute(taken)).mappings().first()
        return None if row is None else Attempt(**row)

    async def user(self, issuer: str, subject: str) -> User | None:
        """Who somebody is here; None for whoever comes for the first time."""
        query = (
            select(USERS.c.id, USERS.c.name, USERS.c.created_at)
            .join(IDENTITIES, IDENTITIES.c.user == USERS.c.id)
            .where(IDENTITIES.c.issuer == issuer, IDENTITIES.c.subject == subject)
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else User.model_validate(dict(row))

    async def add(self, user: User, *, password: str, issuer: str, subject: str) -> None:
        """A new user with this identity. Raises Conflict where the name is taken, or somebody was quicker."""
        identity = {"issuer": issuer, "subject": subject, "user": user.id}
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(USERS).values({**user.model_dump(), "password": password}))
                await connection.execute(insert(IDENTITIES).values(identity))
        except IntegrityError as error:
            raise Conflict(f"There is a user '{user.name}' already.", hint="Choose another name.") from error
