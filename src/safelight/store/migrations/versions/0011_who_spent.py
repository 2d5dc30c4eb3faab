"""On whose behalf image services elsewhere were paid."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("spendings", sa.Column("caller", sa.String(100)))
    op.create_index("spendings_of_caller", "spendings", ["caller", "created_at"])


def downgrade() -> None:
    op.drop_index("spendings_of_caller", table_name="spendings")
    op.drop_column("spendings", "caller")
