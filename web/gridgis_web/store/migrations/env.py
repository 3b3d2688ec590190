"""How alembic finds the tables; called with an open connection by `Store.upgrade`."""

from __future__ import annotations

from alembic import context
from gridgis_web.store.migrations.rules import is_ours, render, type_differs
from gridgis_web.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_name=is_ours,
    render_item=render,
    compare_type=type_differs,
)
with context.begin_transaction():
    context.run_migrations()
