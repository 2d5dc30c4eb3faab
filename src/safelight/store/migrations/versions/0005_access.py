"""Workspaces, users, keys, sessions, the audit log; and to which workspace everything belongs."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OWNED = ("generations", "pictures", "inputs", "verdicts")
NEWEST = {
    "generations_newest": ("generations", ["created_at", "id"]),
    "verdicts_newest": ("verdicts", ["created_at", "id"]),
    "verdicts_newest_of_kind": ("verdicts", ["allowed", "created_at", "id"]),
    "pictures_of_model": ("pictures", ["model", "moment"]),
    "pictures_of_sampler": ("pictures", ["sampler", "moment"]),
    "pictures_of_seed": ("pictures", ["seed", "moment"]),
    "pictures_of_size": ("pictures", ["width", "height", "moment"]),
    "pictures_in_folder": ("pictures", ["folder", "moment"]),
    "pictures_of_origin": ("pictures", ["origin", "moment"]),
    "pictures_favourite": ("pictures", ["moment"]),
    "pictures_in_trash": ("pictures", ["moment"]),
}
"""Indexes by what lists are ordered by; a list is one workspace's."""
PARTIAL = {"pictures_favourite": "favourite", "pictures_in_trash": "deleted_at IS NOT NULL"}
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Column by column, as in 0002. Whatever was there before belongs to the workspace that every server has.
    for table in OWNED:
        op.add_column(table, sa.Column("workspace", sa.String(64), nullable=False, server_default="default"))
    op.add_column("generations", sa.Column("caller", sa.String(100), nullable=False, server_default="local"))
    op.add_column("generations", sa.Column("device_s", sa.Float(), nullable=False, server_default="0"))
    _index("workspace")
    op.create_index("pictures_newest", "pictures", ["workspace", "moment"])
    op.create_index("generations_of_caller", "generations", ["caller", "state"])
    _digest_idempotency_keys()
    _people()
    _credentials()


def downgrade() -> None:
    for table in ("deeds", "sessions", "keys", "members", "users", "workspaces"):
        op.drop_table(table)
    op.drop_index("generations_of_caller", "generations")
    op.drop_index("pictures_newest", "pictures")
    _index()
    op.drop_column("generations", "device_s")
    op.drop_column("generations", "caller")
    for table in OWNED:
        op.drop_column(table, "workspace")


def _index(*first: str) -> None:
    for name, (table, columns) in NEWEST.items():
        where = sa.text(PARTIAL[name]) if name in PARTIAL else None
        op.drop_index(name, table)
        op.create_index(name, table, [*first, *columns], sqlite_where=where, postgresql_where=where)


def _digest_idempotency_keys() -> None:
    """A key is one workspace's own. What it was cannot be had back on the way down; it is only ever compared."""
    generations = sa.table("generations", sa.column("id", sa.String), sa.column("idempotency_key", sa.String))
    connection = op.get_bind()
    given = sa.select(generations).where(generations.c.idempotency_key.is_not(None))
    for row in connection.execute(given).all():
        digest = hashlib.sha256(f"default\0{row.idempotency_key}".encode()).hexdigest()
        own = generations.c.id == row.id
        connection.execute(sa.update(generations).where(own).values(idempotency_key=digest))


def _people() -> None:
    workspaces = op.create_table(
        "workspaces",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    assert workspaces is not None
    now = sa.func.current_timestamp()
    op.execute(sa.insert(workspaces).values(id="default", name="default", created_at=now))
    op.create_table(
        "users",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("password", sa.String(255), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "members",
        sa.Column("workspace", sa.String(64), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("user", sa.String(64), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
    )
    op.create_index("members_of_user", "members", ["user"])


def _credentials() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("hint", sa.String(16), nullable=False),
        sa.Column("workspace", sa.String(64), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("last_used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_index("keys_newest", "keys", ["created_at", "id"])
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), sa.ForeignKey("keys.id", ondelete="CASCADE")),
        sa.Column("user", sa.String(64), sa.ForeignKey("users.id", ondelete="CASCADE")),
        sa.Column("workspace", sa.String(64), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_index("sessions_by_end", "sessions", ["expires_at"])
    op.create_table(
        "deeds",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("workspace", sa.String(64), nullable=False),
        sa.Column("address", sa.String(100), nullable=False),
        sa.Column("detail", sa.String(500), nullable=False),
    )
    op.create_index("deeds_newest", "deeds", ["created_at", "id"])
