"""Batches of generations, and who is told how things end."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for column in (
        sa.Column("batch", sa.String(64)),
        sa.Column("cell", sa.Integer()),
        sa.Column("webhooks", sa.JSON()),
    ):
        op.add_column("generations", column)
    op.create_index("generations_of_batch", "generations", ["batch", "cell"])
    _create_partial("generations_to_tell", "generations", "ended_at", where="webhooks IS NOT NULL")
    op.create_table(
        "batches",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("workspace", sa.String(64), nullable=False),
        sa.Column("caller", sa.String(100), nullable=False),
        sa.Column("limited", sa.Boolean(), nullable=False),
        sa.Column("axes", sa.JSON(), nullable=False),
        sa.Column("idempotency_key", sa.String(255), unique=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("webhooks", sa.JSON()),
    )
    op.create_index("batches_newest", "batches", ["workspace", "created_at", "id"])
    op.create_table(
        "batch_cells",
        sa.Column("batch", sa.String(64), sa.ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("cell", sa.Integer(), primary_key=True),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("axis_values", sa.JSON(), nullable=False),
        sa.Column("error", sa.JSON()),
    )
    op.create_table(
        "batch_inputs",
        sa.Column("input", sa.String(68), sa.ForeignKey("inputs.id"), primary_key=True),
        sa.Column("batch", sa.String(64), sa.ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("batch_inputs_of_batch", "batch_inputs", ["batch"])
    _create_deliveries()


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", MOMENT),
        sa.Column("delivered_at", MOMENT),
        sa.Column("fault", sa.String(200)),
    )
    _create_partial("deliveries_pending", "deliveries", "next_at", where="next_at IS NOT NULL")
    op.create_index("deliveries_by_age", "deliveries", ["created_at"])


def _create_partial(name: str, table: str, column: str, *, where: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for table in ("deliveries", "batch_inputs", "batch_cells", "batches"):
        op.drop_table(table)
    for index in ("generations_to_tell", "generations_of_batch"):
        op.drop_index(index, table_name="generations")
    for column in ("webhooks", "cell", "batch"):
        op.drop_column("generations", column)
