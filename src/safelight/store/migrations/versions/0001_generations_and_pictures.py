"""Generations and their pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "generations",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("error", sa.JSON(none_as_null=True)),
        sa.Column("idempotency_key", sa.String(255), unique=True),
        sa.Column("last_event", sa.Integer(), nullable=False),
    )
    op.create_index("generations_newest", "generations", ["created_at", "id"])
    op.create_index("generations_newest_of_state", "generations", ["state", "created_at", "id"])
    op.create_table(
        "pictures",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("generation", sa.String(64), sa.ForeignKey("generations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("picture", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("blob", sa.String(512), nullable=False, unique=True),
        sa.Column("thumbnail", sa.String(512), nullable=False),
        sa.Column("thumbnail_width", sa.Integer(), nullable=False),
        sa.Column("thumbnail_height", sa.Integer(), nullable=False),
        sa.UniqueConstraint("generation", "picture"),
    )
    op.create_index("pictures_newest", "pictures", ["created_at", "id"])


def downgrade() -> None:
    op.drop_table("pictures")
    op.drop_table("generations")
