"""The newest migrations this code needs, known without importing Alembic or LangGraph (a test compares
them)."""

HEAD = "0004"
"""Alembic's newest revision."""
CHECKPOINT_VERSION = 9
"""Index of the last of `PostgresSaver.MIGRATIONS`."""
