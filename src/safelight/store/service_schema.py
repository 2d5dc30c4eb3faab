"""The tables of image services elsewhere: what they are paid, and what lets workspaces into them."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table

from safelight.store.columns import METADATA, Instant

SPENDINGS = Table(
    "spendings",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("created_at", Instant, nullable=False),
    Column("workspace", String(64), nullable=False),
    # On whose behalf; nobody's any more once they are erased, and of what was paid before callers were noted.
    Column("caller", String(100)),
    Column("provider", String(40), nullable=False),
    Column("model", String(200), nullable=False),
    # No foreign key: what was paid stays known when the generation is forgotten.
    Column("generation", String(64), nullable=False),
    Column("picture", Integer, nullable=False),
    Column("usd", Float, nullable=False),
    Column("state", String(16), nullable=False),
    # By what the service knows it.
    Column("handle", String(200)),
    Index("spendings_of_workspace", "workspace", "created_at"),
    Index("spendings_of_caller", "caller", "created_at"),
    Index("spendings_of_generation", "generation", "picture"),
)

CREDENTIALS = Table(
    "credentials",
    METADATA,
    Column("workspace", String(64), ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
    Column("provider", String(40), primary_key=True),
    # As `vault.py` seals them; the key is not in the database.
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
