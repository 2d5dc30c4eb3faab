"""The audit log: every administrative act, kept for good."""

import secrets
from datetime import UTC, datetime

from sqlalchemy import RowMapping, insert, select

from safelight.domain.access import Deed
from safelight.store.cursor import Page, newest_first
from safelight.store.records import Records
from safelight.store.schema import DEEDS


class Audit:
    def __init__(self, records: Records) -> None:
        self._engine = records.engine

    async def note(
        self, *, actor: str, action: str, target: str, workspace: str, address: str = "", detail: str = ""
    ) -> None:
        """Write down what was done."""
        row = Deed(
            id=f"act_{secrets.token_hex(12)}",
            created_at=datetime.now(UTC),
            actor=actor,
            action=action,
            target=target[:200],
            workspace=workspace,
            address=address[:100],
            detail=detail[:500],
        )
        async with self._engine.begin() as connection:
            await connection.execute(insert(DEEDS).values(row.model_dump()))

    async def page(self, *, workspace: str | None = None, limit: int = 50, cursor: str | None = None) -> Page[Deed]:
        """Newest first; of one workspace, or of all."""
        query = select(DEEDS)
        if workspace is not None:
            query = query.where(DEEDS.c.workspace == workspace)
        return await newest_first(self._engine, query, table=DEEDS, limit=limit, cursor=cursor, read=_deed)


def _deed(row: RowMapping) -> Deed:
    return Deed.model_validate(dict(row))
