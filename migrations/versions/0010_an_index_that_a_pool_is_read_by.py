"""An index that a pool is read by

A million targets are frozen from it alone, in the order of their codes (models.store.crowds). PostgreSQL only: SQLite
has no columns in an index beside its key, and reads a county's register from the table fast enough.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_FACTS = ["status", "credit_class", "region_code", "trade", "labels"]


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_targets_pool", "targets", ["code"], postgresql_include=_FACTS)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_targets_pool", "targets")
