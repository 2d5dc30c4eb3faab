"""Full text, tags, folders, favourites, a trash, imported pictures, share links."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from safelight.store.dialects import WordList, forget_words, index_words
from safelight.store.words import of_prompts

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PICTURES = sa.table(
    "pictures",
    sa.column("id", sa.String),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("recipe", sa.JSON),
    sa.column("moment", sa.BigInteger),
    sa.column("model", sa.String),
    sa.column("sampler", sa.String),
    sa.column("words", WordList),
    sa.column("generation", sa.String),
    sa.column("origin", sa.String),
)
NULLABLE: dict[str, sa.types.TypeEngine[Any]] = {
    "generation": sa.String(64),
    "recipe": sa.JSON(),
    "seed": sa.BigInteger(),
}
INDEXES = {
    "pictures_of_model": ["model", "moment"],
    "pictures_of_sampler": ["sampler", "moment"],
    "pictures_of_seed": ["seed", "moment"],
    "pictures_of_size": ["width", "height", "moment"],
    "pictures_in_folder": ["folder", "moment"],
    "pictures_of_origin": ["origin", "moment"],
}
PARTIAL_INDEXES = {"pictures_favourite": "favourite", "pictures_in_trash": "deleted_at IS NOT NULL"}


def upgrade() -> None:
    op.add_column("pictures", sa.Column("moment", sa.BigInteger()))
    op.add_column("pictures", sa.Column("model", sa.String(200)))
    op.add_column("pictures", sa.Column("sampler", sa.String(32)))
    op.add_column("pictures", sa.Column("words", WordList()))
    op.add_column("pictures", sa.Column("origin", sa.String(16), nullable=False, server_default="drawn"))
    op.add_column("pictures", sa.Column("notes", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("pictures", sa.Column("favourite", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("pictures", sa.Column("folder", sa.String(200)))
    op.add_column("pictures", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    _fill(op.get_bind())
    op.drop_index("pictures_newest", "pictures")
    # The table is copied here once, while nothing refers to it yet.
    with op.batch_alter_table("pictures") as batch:
        batch.alter_column("moment", existing_type=sa.BigInteger(), nullable=False)
        batch.alter_column("words", existing_type=WordList(), nullable=False)
        for name, kind in NULLABLE.items():
            batch.alter_column(name, existing_type=kind, nullable=True)
        for name in ("origin", "notes", "favourite"):
            batch.alter_column(name, existing_nullable=False, server_default=None)
    op.create_index("pictures_moment", "pictures", ["moment"], unique=True)
    for name, columns in INDEXES.items():
        op.create_index(name, "pictures", columns)
    for name, where in PARTIAL_INDEXES.items():
        op.create_index(name, "pictures", ["moment"], sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    index_words(op.get_bind())
    _make_tables()


def _make_tables() -> None:
    op.create_table(
        "picture_tags",
        sa.Column("tag", sa.String(64), primary_key=True),
        sa.Column("moment", sa.BigInteger(), sa.ForeignKey("pictures.moment", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("picture_tags_of_picture", "picture_tags", ["moment"])
    op.create_table(
        "shares",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("picture", sa.String(64), sa.ForeignKey("pictures.id", ondelete="CASCADE"), nullable=False),
        sa.Column("token", sa.String(64), nullable=False, unique=True),
        sa.Column("include_recipe", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
    )
    op.create_index("shares_of_picture", "shares", ["picture"])


def _fill(connection: sa.Connection) -> None:
    """What the rows that are there are found by; of several from one instant, each gets a moment of its own."""
    newest = 0
    ids = connection.execute(sa.select(PICTURES.c.id).order_by(PICTURES.c.created_at, PICTURES.c.id)).scalars().all()
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        query = sa.select(PICTURES.c.id, PICTURES.c.created_at, PICTURES.c.recipe).where(PICTURES.c.id.in_(some))
        rows = {row.id: row for row in connection.execute(query)}
        for row in (rows[one] for one in some):
            created = row.created_at if row.created_at.tzinfo else row.created_at.replace(tzinfo=UTC)
            newest = max(newest + 1, (created - EPOCH) // timedelta(microseconds=1))
            connection.execute(
                sa.update(PICTURES)
                .where(PICTURES.c.id == row.id)
                .values(
                    moment=newest,
                    model=row.recipe.get("model"),
                    sampler=row.recipe.get("sampler"),
                    words=of_prompts(row.recipe["prompt"], row.recipe.get("negative_prompt", "")),
                )
            )


def downgrade() -> None:
    op.drop_table("shares")
    op.drop_table("picture_tags")
    forget_words(op.get_bind())
    # What was imported belongs to no generation, and earlier versions know no such picture; its files stay.
    op.execute(sa.delete(PICTURES).where(PICTURES.c.generation.is_(None)))
    for name in ("pictures_moment", *INDEXES, *PARTIAL_INDEXES):
        op.drop_index(name, "pictures")
    for name in ("moment", "model", "sampler", "words", "origin", "notes", "favourite", "folder", "deleted_at"):
        op.drop_column("pictures", name)
    with op.batch_alter_table("pictures") as batch:
        for name, kind in NULLABLE.items():
            batch.alter_column(name, existing_type=kind, nullable=False)
    op.create_index("pictures_newest", "pictures", ["created_at", "id"])
