"""The HTTP surface: routes, event streams, and errors as problem documents. Only this room knows FastAPI."""
