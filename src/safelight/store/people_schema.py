"""The tables of who may use the server, and what they have said about themselves."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, String, Table

from safelight.store.columns import METADATA, Instant

WORKSPACES = Table(
    "workspaces",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
)

# What is different in it from the rest of the server: retention, moderation, whether its use is counted.
WORKSPACE_SETTINGS = Table(
    "workspace_settings",
    METADATA,
    Column("workspace", String(64), ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("settings", JSON, nullable=False),
)

USERS = Table(
    "users",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("password", String(255), nullable=False),
    Column("created_at", Instant, nullable=False),
)

MEMBERS = Table(
    "members",
    METADATA,
    Column("workspace", String(64), ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("user", String(64), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(16), nullable=False),
    Index("members_of_user", "user"),
)

# Who a user is to a sign-in elsewhere (OpenID Connect).
IDENTITIES = Table(
    "identities",
    METADATA,
    Column("issuer", String(300), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("user", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Index("identities_of_user", "user"),
)

# A sign-in elsewhere that has begun. Whoever comes back with it takes it away.
SIGN_INS = Table(
    "sign_ins",
    METADATA,
    # SHA-256 of the state, and of what the browser that began it was given.
    Column("state", String(64), primary_key=True),
    Column("browser", String(64), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("destination", String(300), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("sign_ins_by_end", "expires_at"),
)

KEYS = Table(
    "keys",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("name", String(100), nullable=False),
    Column("hint", String(16), nullable=False),
    Column("workspace", String(64), ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("role", String(16), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("last_used_at", Instant),
    Column("revoked_at", Instant),
    # Whose it is, where it is somebody's. No foreign key: SQLite cannot add one later.
    Column("user", String(64)),
    Index("keys_newest", "created_at", "id"),
    Index("keys_of_user", "user"),
)

# A session is of a key, or of a user in a workspace; it ends with whichever it is of.
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("key", String(64), ForeignKey("keys.id", ondelete="CASCADE")),
    Column("user", String(64), ForeignKey("users.id", ondelete="CASCADE")),
    Column("workspace", String(64), ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("sessions_by_end", "expires_at"),
)

# What somebody has said about themselves: whether their use is counted, and which consent text they have acknowledged.
PREFERENCES = Table(
    "preferences",
    METADATA,
    Column("caller", String(100), primary_key=True),
    Column("analytics", Boolean, nullable=False),
    Column("consent_version", String(64)),
    Column("consented_at", Instant),
)

# Who asked to be erased, until that is done: a crash must not leave half of it.
ERASURES = Table(
    "erasures",
    METADATA,
    Column("caller", String(100), primary_key=True),
    Column("tombstone", String(64), nullable=False),
)

DEEDS = Table(
    "deeds",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("actor", String(100), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", String(200), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("address", String(100), nullable=False),
    Column("detail", String(500), nullable=False),
    Index("deeds_newest", "created_at", "id"),
)
