"""Whose things are, what a workspace wants to be different, and signing in elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CALLED = ("pictures", "verdicts")
COLUMNS = (("pictures", "caller", 100), ("shares", "caller", 100), ("verdicts", "caller", 100), ("keys", "user", 64))
TABLES = (
    "input_givers",
    "workspace_settings",
    "identities",
    "sign_ins",
    "preferences",
    "erasures",
)


def upgrade() -> None:
    for table, column, length in COLUMNS:
        op.add_column(table, sa.Column(column, sa.String(length)))
    for table in CALLED:
        where = sa.text("caller IS NOT NULL")
        op.create_index(f"{table}_of_caller", table, ["caller"], sqlite_where=where, postgresql_where=where)
    op.create_index("keys_of_user", "keys", ["user"])
    op.create_table(
        "input_givers",
        sa.Column("input", sa.String(68), sa.ForeignKey("inputs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("caller", sa.String(100), primary_key=True),
    )
    op.create_index("input_givers_of_caller", "input_givers", ["caller"])
    op.create_table(
        "workspace_settings",
        sa.Column("workspace", sa.String(64), sa.ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("settings", sa.JSON(), nullable=False),
    )
    op.create_table(
        "preferences",
        sa.Column("caller", sa.String(100), primary_key=True),
        sa.Column("analytics", sa.Boolean(), nullable=False),
        sa.Column("consent_version", sa.String(64)),
        sa.Column("consented_at", MOMENT),
    )
    op.create_table(
        "erasures",
        sa.Column("caller", sa.String(100), primary_key=True),
        sa.Column("tombstone", sa.String(64), nullable=False),
    )
    _create_sign_ins()


def _create_sign_ins() -> None:
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(300), primary_key=True),
        sa.Column("subject", sa.String(255), primary_key=True),
        sa.Column("user", sa.String(64), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("identities_of_user", "identities", ["user"])
    op.create_table(
        "sign_ins",
        sa.Column("state", sa.String(64), primary_key=True),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("verifier", sa.String(128), nullable=False),
        sa.Column("destination", sa.String(300), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )
    op.create_index("sign_ins_by_end", "sign_ins", ["expires_at"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("keys_of_user", table_name="keys")
    for table in CALLED:
        op.drop_index(f"{table}_of_caller", table_name=table)
    for table, column, _ in reversed(COLUMNS):
        op.drop_column(table, column)
