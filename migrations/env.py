"""Alembic's door: works inside the connection that `app.migrate` hands over, never opens one of its own.

A revision names plain column types: what a column means to the program may change, what it is in the database may not.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from models.base import here_only
from models.schema import Base


def plain_type(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Render our own column types as what they are stored as."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter a column: the table is copied
    render_item=plain_type,
    compare_type=True,
    include_object=here_only(connection.dialect.name),
)
with context.begin_transaction():
    context.run_migrations()
