"""What senders of evidence are still to be told: emptied once it is"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("chat_items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("to_tell", sa.Text(), nullable=False, server_default=sa.text("''")))
        batch_op.create_index(
            "ix_chat_items_to_tell",
            ["id"],
            unique=False,
            sqlite_where=sa.text("to_tell <> ''"),
            postgresql_where=sa.text("to_tell <> ''"),
        )


def downgrade() -> None:
    with op.batch_alter_table("chat_items", schema=None) as batch_op:
        batch_op.drop_index("ix_chat_items_to_tell")
        batch_op.drop_column("to_tell")
