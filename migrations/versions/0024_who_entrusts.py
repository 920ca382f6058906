"""委托执法: the authority that entrusts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("shortfalls", schema=None) as batch_op:
        batch_op.add_column(sa.Column("entrusted_from", sa.String(length=128), nullable=False, server_default=""))
    with op.batch_alter_table("shortfalls", schema=None) as batch_op:
        batch_op.alter_column("entrusted_from", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("shortfalls", schema=None) as batch_op:
        batch_op.drop_column("entrusted_from")
