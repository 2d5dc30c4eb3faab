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
    text,
)
from sqlalchemy.types import TypeDecorator

from safelight.store.dialects import WordList


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
TRASHED = "deleted_at IS NOT NULL"
TO_TELL = "webhooks IS NOT NULL"
PENDING = "next_at IS NOT NULL"

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
    # The cell of a batch that it draws. No foreign key: SQLite cannot add one later.
    Column("batch", String(64)),
    Column("cell", Integer),
    # Who has to be told how it ends; None once that was put down among the deliveries.
    Column("webhooks", JSON(none_as_null=True)),
    Index("generations_of_batch", "batch", "cell"),
    Index("generations_to_tell", "ended_at", sqlite_where=text(TO_TELL), postgresql_where=text(TO_TELL)),
    Index("generations_newest", "created_at", "id"),
    Index("generations_newest_of_state", "state", "created_at", "id"),
)

PICTURES = Table(
    "pictures",
    METADATA,
    Column("id", String(64), primary_key=True),
    # None for what was imported.
    Column("generation", String(64), ForeignKey("generations.id", ondelete="CASCADE")),
    Column("picture", Integer, nullable=False),
    # False while its files are being written or removed: such a picture is never shown, and swept at the next start.
    Column("whole", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    # `created_at` in microseconds since 1970, and no two are the same: it alone orders and pages, and tags and the full
    # text refer to it. A migration that copies this table ("batch") would lose them: add columns one by one.
    Column("moment", BigInteger, nullable=False),
    Column("recipe", JSON(none_as_null=True)),
    Column("seed", BigInteger),
    # Of the recipe, to be found by.
    Column("model", String(200)),
    Column("sampler", String(32)),
    Column("words", WordList, nullable=False),
    Column("origin", String(16), nullable=False),
    Column("notes", JSON, nullable=False),
    Column("favourite", Boolean, nullable=False),
    Column("folder", String(200)),
    # When it was put into the trash.
    Column("deleted_at", Instant),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("blob", String(512), nullable=False, unique=True),
    Column("thumbnail", String(512), nullable=False),
    Column("thumbnail_width", Integer, nullable=False),
    Column("thumbnail_height", Integer, nullable=False),
    UniqueConstraint("generation", "picture"),
    Index("pictures_moment", "moment", unique=True),
    Index("pictures_of_model", "model", "moment"),
    Index("pictures_of_sampler", "sampler", "moment"),
    Index("pictures_of_seed", "seed", "moment"),
    Index("pictures_of_size", "width", "height", "moment"),
    Index("pictures_in_folder", "folder", "moment"),
    Index("pictures_of_origin", "origin", "moment"),
    # Of what few rows are: an index of all would lead to nearly all of them, out of their order.
    Index("pictures_favourite", "moment", sqlite_where=text("favourite"), postgresql_where=text("favourite")),
    Index("pictures_in_trash", "moment", sqlite_where=text(TRASHED), postgresql_where=text(TRASHED)),
)

PICTURE_TAGS = Table(
    "picture_tags",
    METADATA,
    Column("tag", String(64), primary_key=True),
    Column("moment", BigInteger, ForeignKey("pictures.moment", ondelete="CASCADE"), primary_key=True),
    Index("picture_tags_of_picture", "moment"),
)

SHARES = Table(
    "shares",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("picture", String(64), ForeignKey("pictures.id", ondelete="CASCADE"), nullable=False),
    # SHA-256 of the token: whoever reads the database cannot open the link.
    Column("token", String(64), nullable=False, unique=True),
    Column("include_recipe", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Index("shares_of_picture", "picture"),
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

BATCHES = Table(
    "batches",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("cancelled", Boolean, nullable=False),
    Column("axes", JSON, nullable=False),
    Column("idempotency_key", String(255), unique=True),
    Column("fingerprint", String(64), nullable=False),
    Column("webhooks", JSON(none_as_null=True)),
    Index("batches_newest", "created_at", "id"),
)

BATCH_CELLS = Table(
    "batch_cells",
    METADATA,
    Column("batch", String(64), ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
    Column("cell", Integer, primary_key=True),
    Column("recipe", JSON, nullable=False),
    Column("axis_values", JSON, nullable=False),
    # Why it never became a generation.
    Column("error", JSON(none_as_null=True)),
)

BATCH_INPUTS = Table(
    "batch_inputs",
    METADATA,
    Column("input", String(68), ForeignKey("inputs.id"), primary_key=True),
    Column("batch", String(64), ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
    Index("batch_inputs_of_batch", "batch"),
)

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("event", String(64), nullable=False),
    # Id of the generation or batch. No foreign key: it may be gone before it is told of.
    Column("subject", String(64), nullable=False),
    Column("url", String(2000), nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    # None once it has arrived or was given up.
    Column("next_at", Instant),
    Column("delivered_at", Instant),
    # What went wrong last.
    Column("fault", String(200)),
    Index("deliveries_pending", "next_at", sqlite_where=text(PENDING), postgresql_where=text(PENDING)),
    Index("deliveries_by_age", "created_at"),
)
