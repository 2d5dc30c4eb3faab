"""The tables, as SQLAlchemy sees them. `migrations/` builds them; a test holds the two together."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from safelight.store.columns import METADATA as METADATA
from safelight.store.columns import Instant as Instant
from safelight.store.dialects import WordList
from safelight.store.people_schema import DEEDS as DEEDS
from safelight.store.people_schema import ERASURES as ERASURES
from safelight.store.people_schema import IDENTITIES as IDENTITIES
from safelight.store.people_schema import KEYS as KEYS
from safelight.store.people_schema import MEMBERS as MEMBERS
from safelight.store.people_schema import PREFERENCES as PREFERENCES
from safelight.store.people_schema import SESSIONS as SESSIONS
from safelight.store.people_schema import SIGN_INS as SIGN_INS
from safelight.store.people_schema import USERS as USERS
from safelight.store.people_schema import WORKSPACE_SETTINGS as WORKSPACE_SETTINGS
from safelight.store.people_schema import WORKSPACES as WORKSPACES
from safelight.store.service_schema import CREDENTIALS as CREDENTIALS
from safelight.store.service_schema import SPENDINGS as SPENDINGS

TO_TELL, PENDING = text("webhooks IS NOT NULL"), text("next_at IS NOT NULL")
TRASHED, FAVOURITE, MARKED = text("deleted_at IS NOT NULL"), text("favourite"), text("mark IS NOT NULL")
CALLED = text("caller IS NOT NULL")

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
    # A digest of the key and its workspace: SQLite could not put the uniqueness of a column on two of them.
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
    Index("generations_to_tell", "ended_at", sqlite_where=TO_TELL, postgresql_where=TO_TELL),
    Column("workspace", String(64), nullable=False, server_default="default"),
    Column("caller", String(100), nullable=False, server_default="local"),
    Column("device_s", Float, nullable=False, server_default="0"),
    # Which server draws it, until when it says so itself (seconds since 1970 by the database's clock), and how often
    # somebody began: who writes has to know the number.
    Column("owner", String(64)),
    Column("lease_until", Float),
    Column("attempt", Integer, nullable=False, server_default="0"),
    # Asked of a server that does not draw it.
    Column("cancel_asked", Boolean, nullable=False, server_default=false()),
    Column("priority", String(16), nullable=False, server_default="normal"),
    # Among those of its caller that wait: lower is sooner.
    Column("place", Float, nullable=False, server_default="0"),
    Index("generations_newest", "workspace", "created_at", "id"),
    Index("generations_of_caller", "caller", "state"),
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
    Column("workspace", String(64), nullable=False, server_default="default"),
    # 32 bits that are in its pixels; NULL where there are none.
    Column("mark", BigInteger),
    # Who imported it; None for what was drawn: its generation says.
    Column("caller", String(100)),
    Index("pictures_of_caller", "caller", sqlite_where=CALLED, postgresql_where=CALLED),
    UniqueConstraint("generation", "picture"),
    Index("pictures_moment", "moment", unique=True),
    Index("pictures_newest", "workspace", "moment"),
    Index("pictures_of_model", "workspace", "model", "moment"),
    Index("pictures_of_sampler", "workspace", "sampler", "moment"),
    Index("pictures_of_seed", "workspace", "seed", "moment"),
    Index("pictures_of_size", "workspace", "width", "height", "moment"),
    Index("pictures_in_folder", "workspace", "folder", "moment"),
    Index("pictures_of_origin", "workspace", "origin", "moment"),
    # Of what few rows are: an index of all would lead to nearly all of them, out of their order.
    Index("pictures_favourite", "workspace", "moment", sqlite_where=FAVOURITE, postgresql_where=FAVOURITE),
    Index("pictures_marked", "workspace", "mark", sqlite_where=MARKED, postgresql_where=MARKED),
    Index("pictures_in_trash", "workspace", "moment", sqlite_where=TRASHED, postgresql_where=TRASHED),
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
    Column("include_credentials", Boolean, nullable=False, server_default=false()),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    # Who made it; None for those made before that was kept.
    Column("caller", String(100)),
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
    Column("workspace", String(64), nullable=False, server_default="default"),
)

INPUT_USES = Table(
    "input_uses",
    METADATA,
    Column("input", String(68), ForeignKey("inputs.id"), primary_key=True),
    Column("generation", String(64), ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
    Index("input_uses_of_generation", "generation"),
)

# Who gave it: the same image may have come from several, and stays as long as one of them does.
INPUT_GIVERS = Table(
    "input_givers",
    METADATA,
    Column("input", String(68), ForeignKey("inputs.id", ondelete="CASCADE"), primary_key=True),
    Column("caller", String(100), primary_key=True),
    Index("input_givers_of_caller", "caller"),
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
    Column("workspace", String(64), nullable=False, server_default="default"),
    Column("subject", String(16), nullable=False),
    # No foreign key: what was refused never became a generation, and the journal outlives those that did.
    Column("generation", String(64)),
    Column("digest", String(64), nullable=False),
    Column("text", Text),
    Column("allowed", Boolean, nullable=False),
    Column("policy", String(64), nullable=False),
    Column("verdict", JSON, nullable=False),
    # Who asked; None where its generation says.
    Column("caller", String(100)),
    Index("verdicts_of_caller", "caller", sqlite_where=CALLED, postgresql_where=CALLED),
    Index("verdicts_newest", "workspace", "created_at", "id"),
    Index("verdicts_newest_of_kind", "workspace", "allowed", "created_at", "id"),
    Index("verdicts_of_generation", "generation"),
)

BATCHES = Table(
    "batches",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("cancelled", Boolean, nullable=False),
    Column("workspace", String(64), nullable=False),
    # On whose behalf, and whether their limits count, when its cells are put in line.
    Column("caller", String(100), nullable=False),
    Column("limited", Boolean, nullable=False),
    Column("axes", JSON, nullable=False),
    Column("idempotency_key", String(255), unique=True),
    Column("fingerprint", String(64), nullable=False),
    Column("webhooks", JSON(none_as_null=True)),
    Index("batches_newest", "workspace", "created_at", "id"),
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
    Index("deliveries_pending", "next_at", sqlite_where=PENDING, postgresql_where=PENDING),
    Index("deliveries_by_age", "created_at"),
)
