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
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
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
    # Of the recipe as it was accepted: steering changes the recipe, and the same request still has to be known again.
    Column("fingerprint", String(64)),
    Column("branch_of", JSON(none_as_null=True)),
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

INPUTS = Table(
    "inputs",
    METADATA,
    Column("id", String(68), primary_key=True),
    Column("whole", Boolean, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    # When it was last given or asked for: what nobody refers to goes a while after that.
    Column("used_at", Instant, nullable=False),
)

INPUT_USES = Table(
    "input_uses",
    METADATA,
    Column("input", String(68), ForeignKey("inputs.id"), primary_key=True),
    Column("generation", String(64), ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
    Index("input_uses_of_generation", "generation"),
)

CHECKPOINTS = Table(
    "checkpoints",
    METADATA,
    Column("generation", String(64), ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
    Column("picture", Integer, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("bytes", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

VERDICTS = Table(
    "verdicts",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("subject", String(16), nullable=False),
    # No foreign key: what was refused never became a generation, and the journal outlives those that did.
    Column("generation", String(64)),
    Column("digest", String(64), nullable=False),
    Column("text", Text),
    Column("allowed", Boolean, nullable=False),
    Column("policy", String(64), nullable=False),
    Column("verdict", JSON, nullable=False),
    Index("verdicts_newest", "created_at", "id"),
    Index("verdicts_newest_of_kind", "allowed", "created_at", "id"),
    Index("verdicts_of_generation", "generation"),
)
