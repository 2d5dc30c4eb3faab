"""The journal of moderation: what was said of which text or picture, by which policy. Rows are only ever added."""

import hashlib
import secrets
from datetime import UTC, datetime

from sqlalchemy import RowMapping, insert, select

from safelight.domain.verdict import Subject, Verdict, VerdictRecord
from safelight.store.cursor import Page, newest_first
from safelight.store.records import Records
from safelight.store.schema import VERDICTS


class Journal:
    """What moderation said.

    Args:
        keeps_text: keep prompts as they are, not only their digests.
    """

    def __init__(self, records: Records, *, keeps_text: bool = False) -> None:
        self._engine = records.engine
        self._keeps_text = keeps_text

    async def note(
        self,
        verdict: Verdict,
        *,
        subject: Subject,
        seen: str | bytes,
        workspace: str,
        generation: str | None = None,
        caller: str | None = None,
    ) -> None:
        """Write a verdict down; of a picture its digest only, whatever is kept of texts.

        Args:
            caller: who asked, where no generation says so.
        """
        text = seen if isinstance(seen, str) else None
        row = {
            "id": f"ver_{secrets.token_hex(12)}",
            "created_at": datetime.now(UTC),
            "subject": subject.value,
            "workspace": workspace,
            "generation": generation,
            "caller": caller,
            "digest": hashlib.sha256(seen.encode() if isinstance(seen, str) else seen).hexdigest(),
            "text": text if self._keeps_text else None,
            "allowed": verdict.allowed,
            "policy": verdict.policy,
            "verdict": verdict.model_dump(mode="json"),
        }
        async with self._engine.begin() as connection:
            await connection.execute(insert(VERDICTS).values(row))

    async def page(
        self,
        *,
        workspace: str,
        allowed: bool | None = None,
        generation: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[VerdictRecord]:
        """Those of a workspace, newest first, in pages of 1 to 200.

        Raises:
            InvalidRecipe: the limit or the cursor is not valid.
        """
        query = select(VERDICTS).where(VERDICTS.c.workspace == workspace)
        if allowed is not None:
            query = query.where(VERDICTS.c.allowed.is_(allowed))
        if generation is not None:
            query = query.where(VERDICTS.c.generation == generation)
        return await newest_first(self._engine, query, table=VERDICTS, limit=limit, cursor=cursor, read=_read)


def _read(row: RowMapping) -> VerdictRecord:
    names = ("id", "created_at", "generation", "digest", "text")
    verdict = Verdict.model_validate(row["verdict"])
    return VerdictRecord(**{name: row[name] for name in names}, subject=Subject(row["subject"]), verdict=verdict)
