"""Images that were given, checkpoints, and where a generation branched off."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Column by column: copying the table would take the pictures of its rows along, by their foreign key.
    op.add_column("generations", sa.Column("fingerprint", sa.String(64)))
    op.add_column("generations", sa.Column("branch_of", sa.JSON(none_as_null=True)))
    op.create_table(
        "inputs",
        sa.Column("id", sa.String(68), primary_key=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "input_uses",
        sa.Column("input", sa.String(68), sa.ForeignKey("inputs.id"), primary_key=True),
        sa.Column("generation", sa.String(64), sa.ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("input_uses_of_generation", "input_uses", ["generation"])
    op.create_table(
        "checkpoints",
        sa.Column("generation", sa.String(64), sa.ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("picture", sa.Integer(), primary_key=True),
        sa.Column("step", sa.Integer(), primary_key=True),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("checkpoints")
    op.drop_table("input_uses")
    op.drop_table("inputs")
    op.drop_column("generations", "branch_of")
    op.drop_column("generations", "fingerprint")
