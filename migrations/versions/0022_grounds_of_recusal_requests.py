"""The listed ground of an enterprise's request that an inspector stay away"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("recusal_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ground", sa.String(length=32), nullable=False, server_default="other"))
    with op.batch_alter_table("recusal_requests", schema=None) as batch_op:
        batch_op.alter_column("ground", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("recusal_requests", schema=None) as batch_op:
        batch_op.drop_column("ground")
