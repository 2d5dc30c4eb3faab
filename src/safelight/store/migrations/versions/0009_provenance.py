"""What is in a picture's pixels, and whether a share link leaves content credentials in the file."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pictures", sa.Column("mark", sa.BigInteger()))
    marked = sa.text("mark IS NOT NULL")
    op.create_index("pictures_marked", "pictures", ["workspace", "mark"], sqlite_where=marked, postgresql_where=marked)
    # Links that were made before promised that nothing but pixels is left.
    op.add_column("shares", sa.Column("include_credentials", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("shares", "include_credentials")
    op.drop_index("pictures_marked", table_name="pictures")
    op.drop_column("pictures", "mark")
