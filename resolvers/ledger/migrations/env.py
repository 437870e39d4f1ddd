"""Run by Alembic: the migrations go over the connection it is given."""

from alembic import context

from scale_forecast.resolvers.ledger.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
