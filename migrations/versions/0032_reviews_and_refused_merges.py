"""a list's change says who reviewed it before it was published; merges that the office decided against"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_merge_refusals",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("entry_ids", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_plan_merge_refusals")),
    )
    with op.batch_alter_table("list_changes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reviewed_by", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("reviewed_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("review_number", sa.String(length=64), nullable=False, server_default=""))
    with op.batch_alter_table("list_changes", schema=None) as batch_op:
        batch_op.alter_column("reviewed_by", server_default=None)
        batch_op.alter_column("review_number", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("list_changes", schema=None) as batch_op:
        batch_op.drop_column("review_number")
        batch_op.drop_column("reviewed_on")
        batch_op.drop_column("reviewed_by")
    op.drop_table("plan_merge_refusals")
