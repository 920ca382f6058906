"""archives of whole tasks, made in the background"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("archives", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=8), nullable=False, server_default=sa.text("'visit'")))
        batch_op.add_column(sa.Column("task_id", sa.String(length=32), nullable=True))
        batch_op.alter_column("visit_id", existing_type=sa.String(length=32), nullable=True)
        batch_op.create_foreign_key(batch_op.f("fk_archives_task_id_tasks"), "tasks", ["task_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_archives_task_id"), ["task_id"], unique=False)
    op.create_table(
        "archive_orders",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("department_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archive_id", sa.String(length=32), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["archive_id"], ["archives.id"], name=op.f("fk_archive_orders_archive_id_archives")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_archive_orders_task_id_tasks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_orders")),
    )
    with op.batch_alter_table("archive_orders", schema=None) as batch_op:
        batch_op.create_index("ix_archive_orders_status", ["status", "leased_until"])
        batch_op.create_index(batch_op.f("ix_archive_orders_task_id"), ["task_id"], unique=False)


def downgrade() -> None:
    op.drop_table("archive_orders")
    op.execute("DELETE FROM archives WHERE visit_id IS NULL")
    with op.batch_alter_table("archives", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_archives_task_id"))
        batch_op.drop_constraint(batch_op.f("fk_archives_task_id_tasks"), type_="foreignkey")
        batch_op.alter_column("visit_id", existing_type=sa.String(length=32), nullable=False)
        batch_op.drop_column("task_id")
        batch_op.drop_column("kind")
