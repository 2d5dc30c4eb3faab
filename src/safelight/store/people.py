"""What people have said about themselves, and what workspaces want to be different."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, Table, insert, select, update
from sqlalchemy.exc import IntegrityError

from safelight.domain.errors import NotFound
from safelight.domain.privacy import Consent, Preferences
from safelight.domain.workspace import WorkspaceSettings
from safelight.store.records import Records
from safelight.store.schema import PREFERENCES, WORKSPACE_SETTINGS

AS_EVERYWHERE = WorkspaceSettings()


class People:
    """By the names that their deeds are noted under."""

    def __init__(self, records: Records) -> None:
        self._engine = records.engine

    async def preferences(self, caller: str) -> Preferences:
        row = await self._row(caller)
        return Preferences() if row is None else Preferences(analytics=row["analytics"])

    async def prefer(self, caller: str, preferences: Preferences) -> None:
        await self._set(caller, analytics=preferences.analytics)

    async def consent(self, caller: str, asked: Consent) -> Consent:
        """Whether they have acknowledged what is asked for."""
        row = await self._row(caller)
        if row is None or row["consent_version"] != asked.version:
            return asked
        return asked.model_copy(update={"acknowledged_at": row["consented_at"], "required": False})

    async def acknowledge(self, caller: str, *, version: str) -> None:
        await self._set(caller, consent_version=version, consented_at=datetime.now(UTC))

    async def counted(self, caller: str, *, workspace: str) -> bool:
        """Whether their use may be counted under their name: nobody who decides on it has said no."""
        return (await self.preferences(caller)).analytics and (await self.settings(workspace)).analytics

    # ---- workspaces

    async def settings(self, workspace: str) -> WorkspaceSettings:
        """What is different in a workspace; nothing, where nobody has said anything."""
        query = select(WORKSPACE_SETTINGS.c.settings).where(WORKSPACE_SETTINGS.c.workspace == workspace)
        async with self._engine.connect() as connection:
            kept = (await connection.execute(query)).scalar()
        return AS_EVERYWHERE if kept is None else WorkspaceSettings.model_validate(kept)

    async def all_settings(self) -> dict[str, WorkspaceSettings]:
        """Of every workspace that wants something to be different."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(select(WORKSPACE_SETTINGS))).all()
        return {row.workspace: WorkspaceSettings.model_validate(row.settings) for row in rows}

    async def change_settings(self, workspace: str, settings: WorkspaceSettings) -> None:
        """Raises NotFound."""
        key = WORKSPACE_SETTINGS.c.workspace == workspace
        values = {"settings": settings.model_dump(mode="json")}
        try:
            await self._put(WORKSPACE_SETTINGS, key, {"workspace": workspace}, values)
        except IntegrityError as error:
            raise NotFound("There is no such workspace.", hint="GET /api/v1/workspaces lists them.") from error

    # ---- both

    async def _set(self, caller: str, **values: Any) -> None:
        await self._put(PREFERENCES, PREFERENCES.c.caller == caller, {"caller": caller, "analytics": True}, values)

    async def _put(self, table: Table, key: Any, new: dict[str, Any], values: dict[str, Any]) -> None:
        async with self._engine.begin() as connection:
            if (await connection.execute(update(table).where(key).values(values))).rowcount:
                return
            await connection.execute(insert(table).values({**new, **values}))

    async def _row(self, caller: str) -> RowMapping | None:
        query = select(PREFERENCES).where(PREFERENCES.c.caller == caller)
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).mappings().first()
