"""How the database came to be, one step a file. Alembic runs what is missing when the store is opened."""
