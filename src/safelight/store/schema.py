"""The tables, as SQLAlchemy sees them. `migrations/` builds them; a test holds the two together."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no time zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


METADATA = MetaData()

GENERATIONS = Table(
    "generations",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("recipe", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("step", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("error", JSON(none_as_null=True)),
    Column("idempotency_key", String(255), unique=True),
    Column("last_event", Integer, nullable=False),
    Index("generations_newest", "created_at", "id"),
    Index("generations_newest_of_state", "state", "created_at", "id"),
)

PICTURES = Table(
    "pictures",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("generation", String(64), ForeignKey("generations.id", ondelete="CASCADE"), nullable=False),
    Column("picture", Integer, nullable=False),
    # False while its files are being written or removed: such a picture is never shown, and swept at the next start.
    Column("whole", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("recipe", JSON, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("blob", String(512), nullable=False, unique=True),
    Column("thumbnail", String(512), nullable=False),
    Column("thumbnail_width", Integer, nullable=False),
    Column("thumbnail_height", Integer, nullable=False),
    UniqueConstraint("generation", "picture"),
    Index("pictures_newest", "created_at", "id"),
)
