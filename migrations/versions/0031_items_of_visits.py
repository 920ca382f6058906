"""a visit of a draw over several items knows which of them cover its target"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.add_column(sa.Column("item_ids", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.alter_column("item_ids", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.drop_column("item_ids")
