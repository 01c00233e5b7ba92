"""Runs migrations on the engine that `server.store.schema` hands over, and writes drafts of new ones."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy.types import TypeDecorator

from server.store.schema import begin_for_real
from server.store.tables import metadata
from server.store.tables.types import Id

engine = context.config.attributes["engine"]


def render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Types as the database knows them: a migration must not change its meaning when ours change theirs."""
    if kind != "type":
        return False
    if item is Id:
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    return f"sa.{item.impl!r}" if isinstance(item, TypeDecorator) else False


with engine.connect() as connection:
    begin_for_real(connection)
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=render,
        transactional_ddl=True,  # on SQLite too
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
