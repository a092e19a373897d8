"""Alembic's entry: migrates over the connection that `bot.store.migrate` hands in."""

from alembic import context

from bot.store.tables import Base

if context.is_offline_mode():
    raise SystemExit("Migrations run against a database: `mlwright migrate`.")

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
