"""Run by Alembic: migrates the connection that `Database.upgrade` hands over."""

from alembic import context

import desk.models
import engine.models

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[engine.models.metadata, desk.models.Base.metadata],
    # SQLite changes a table by copying it.
    render_as_batch=True,
)
context.run_migrations()
