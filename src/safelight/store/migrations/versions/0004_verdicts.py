"""The journal of moderation."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("generation", sa.String(64)),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("policy", sa.String(64), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
    )
    op.create_index("verdicts_newest", "verdicts", ["created_at", "id"])
    op.create_index("verdicts_newest_of_kind", "verdicts", ["allowed", "created_at", "id"])
    op.create_index("verdicts_of_generation", "verdicts", ["generation"])


def downgrade() -> None:
    op.drop_table("verdicts")
