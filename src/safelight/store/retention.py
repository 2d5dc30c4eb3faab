"""Forgetting: rows that nobody has to have for ever."""

from datetime import datetime

from sqlalchemy import delete, exists, select

from safelight.store.records import Records
from safelight.store.schema import BATCHES, GENERATIONS, PICTURES

AT_ONCE = 500
"""Rows of one transaction, so that nobody waits for long to write."""


async def forget(records: Records, *, before: datetime) -> int:
    """Forget what had ended before a moment: batches, and generations that no picture is kept of; how many of these.

    Those of a batch stay as long as it does.
    """
    engine = records.engine
    async with engine.begin() as connection:
        await connection.execute(delete(BATCHES).where(BATCHES.c.ended_at < before))
    old = (
        select(GENERATIONS.c.id)
        .where(
            GENERATIONS.c.ended_at < before,
            ~exists().where(PICTURES.c.generation == GENERATIONS.c.id),
            ~exists().where(BATCHES.c.id == GENERATIONS.c.batch),
        )
        .limit(AT_ONCE)
    )
    forgotten = 0
    while True:
        async with engine.begin() as connection:
            gone = (await connection.execute(delete(GENERATIONS).where(GENERATIONS.c.id.in_(old)))).rowcount
        forgotten += gone
        if gone < AT_ONCE:
            return forgotten
