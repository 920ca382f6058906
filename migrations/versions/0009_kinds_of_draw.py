"""Kinds of draw, batches, regions of lower teams; owners who ask for a recusal; experts who come along"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mode", sa.String(length=16), nullable=False, server_default="double"))
        batch_op.add_column(sa.Column("terms", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("parent_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("batch", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_tasks_parent_id_tasks"), "tasks", ["parent_id"], ["id"])
        batch_op.create_unique_constraint(batch_op.f("uq_tasks_parent_id_batch"), ["parent_id", "batch"])
        batch_op.create_index(batch_op.f("ix_tasks_parent_id"), ["parent_id"], unique=False)
    with op.batch_alter_table("task_teams", schema=None) as batch_op:
        batch_op.add_column(sa.Column("region", sa.String(length=6), nullable=False, server_default=""))
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.alter_column("mode", server_default=None)
        batch_op.alter_column("terms", server_default=None)
    with op.batch_alter_table("task_teams", schema=None) as batch_op:
        batch_op.alter_column("region", server_default=None)
    op.create_table(
        "recusal_requests",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("visit_number", sa.String(length=80), nullable=False),
        sa.Column("target_id", sa.String(length=32), nullable=False),
        sa.Column("inspector_id", sa.String(length=32), nullable=False),
        sa.Column("department_id", sa.String(length=32), nullable=False),
        sa.Column("open_for", sa.String(length=96), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["target_id"], ["targets.id"], name=op.f("fk_recusal_requests_target_id_targets")),
        sa.ForeignKeyConstraint(
            ["inspector_id"], ["inspectors.id"], name=op.f("fk_recusal_requests_inspector_id_inspectors")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_recusal_requests_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recusal_requests")),
        sa.UniqueConstraint("open_for", name=op.f("uq_recusal_requests_open_for")),
    )
    with op.batch_alter_table("recusal_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recusal_requests_visit_id"), ["visit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recusal_requests_department_id"), ["department_id"], unique=False)
    op.create_table(
        "visit_experts",
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("inspector_id", sa.String(length=32), nullable=False),
        sa.Column("department_id", sa.String(length=32), nullable=False),
        sa.Column("added_by", sa.String(length=32), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_visit_experts_visit_id_visits")),
        sa.ForeignKeyConstraint(
            ["inspector_id"], ["inspectors.id"], name=op.f("fk_visit_experts_inspector_id_inspectors")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_visit_experts_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("visit_id", "inspector_id", name=op.f("pk_visit_experts")),
    )


def downgrade() -> None:
    op.drop_table("visit_experts")
    op.drop_table("recusal_requests")
    with op.batch_alter_table("task_teams", schema=None) as batch_op:
        batch_op.drop_column("region")
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tasks_parent_id"))
        batch_op.drop_constraint(batch_op.f("uq_tasks_parent_id_batch"), type_="unique")
        batch_op.drop_constraint(batch_op.f("fk_tasks_parent_id_tasks"), type_="foreignkey")
        batch_op.drop_column("batch")
        batch_op.drop_column("parent_id")
        batch_op.drop_column("terms")
        batch_op.drop_column("mode")
