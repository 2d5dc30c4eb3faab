"""Counts what is kept, from the rows alone."""

from pathlib import Path
from shutil import disk_usage

from sqlalchemy import ColumnElement, Table, extract, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from safelight.domain.storage import Heap, Month, Storage
from safelight.store.records import Records
from safelight.store.schema import CHECKPOINTS, INPUTS, PICTURES

SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}


async def counted(records: Records, *, home: Path) -> Storage:
    """What everything comes to at this moment."""
    async with records.engine.connect() as connection:
        months = await _months(connection)
        return Storage(
            pictures=Heap(count=sum(month.count for month in months), bytes=sum(month.bytes for month in months)),
            by_month=months,
            inputs=await _heap(connection, INPUTS, INPUTS.c.whole.is_(True)),
            checkpoints=await _heap(connection, CHECKPOINTS),
            database_bytes=(await connection.execute(text(SIZES[connection.dialect.name]))).scalar_one(),
            disk_free_bytes=disk_usage(home).free,
        )


async def _heap(connection: AsyncConnection, table: Table, *conditions: ColumnElement[bool]) -> Heap:
    query = select(func.count(), func.coalesce(func.sum(table.c.bytes), 0)).select_from(table).where(*conditions)
    count, size = (await connection.execute(query)).one()
    return Heap(count=count, bytes=size)


async def _months(connection: AsyncConnection) -> tuple[Month, ...]:
    year, month = (extract(part, PICTURES.c.created_at) for part in ("year", "month"))
    query = (
        select(year, month, func.count(), func.sum(PICTURES.c.bytes))
        .where(PICTURES.c.whole.is_(True))
        .group_by(year, month)
        .order_by(year.desc(), month.desc())
    )
    rows = (await connection.execute(query)).all()
    return tuple(Month(month=f"{y:04}-{m:02}", count=count, bytes=size) for y, m, count, size in rows)
