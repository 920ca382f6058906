"""What decides of a target in a draw, as one value

A pool is read by it alone (models.store.crowds), on PostgreSQL from the index of 0010. The table is written anew once:
about ten seconds for a million targets.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0032"
branch_labels = None
depends_on = None

_SINGLE = ["status", "credit_class", "region_code", "trade", "labels"]
_FACTS = "status || '|' || credit_class || '|' || region_code || '|' || trade || '|' || CAST(labels AS TEXT)"


def upgrade() -> None:
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("facts", kind, sa.Computed(_FACTS, persisted=True), nullable=False))
    _index(["facts"])


def downgrade() -> None:
    _index(_SINGLE)
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.drop_column("facts")


def _index(beside_the_code: list[str]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_targets_pool", "targets")
        op.create_index("ix_targets_pool", "targets", ["code"], postgresql_include=beside_the_code)
