"""Which server draws what, and in which order."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("owner", sa.String(64)),
        sa.Column("lease_until", sa.Float()),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("priority", sa.String(16), nullable=False, server_default="normal"),
        sa.Column("place", sa.Float(), nullable=False, server_default="0"),
    ):
        op.add_column("generations", column)


def downgrade() -> None:
    for column in ("place", "priority", "cancel_asked", "attempt", "lease_until", "owner"):
        op.drop_column("generations", column)
