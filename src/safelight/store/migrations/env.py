"""Alembic's entry: runs inside the connection that `Database.open` hands over."""

from alembic import context

from safelight.store.schema import METADATA

connection = context.config.attributes["connection"]
# SQLite cannot alter most things in place, so later migrations there copy the table ("batch").
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
