"""What an enterprise proves its request with that an inspector stay away"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("recusal_requests", schema=None) as batch_op:
        batch_op.add_column(sa.Column("evidence", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    with op.batch_alter_table("recusal_requests", schema=None) as batch_op:
        batch_op.alter_column("evidence", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("recusal_requests", schema=None) as batch_op:
        batch_op.drop_column("evidence")
