"""Alembic's entry: runs the migrations on the URL that ``migrate`` hands over."""

from alembic import context
from sqlalchemy import create_engine

from connectors.record.tables import metadata

url = context.config.attributes["url"]
engine = create_engine(url)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
