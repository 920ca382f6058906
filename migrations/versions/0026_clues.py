"""clues from outside the draw"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clues",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("source_no", sa.String(length=64), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("department_id", sa.String(length=32), nullable=False),
        sa.Column("target_id", sa.String(length=32), nullable=False),
        sa.Column("matter", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("entered_by", sa.String(length=32), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=32), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=True),
        sa.Column("plan_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_clues_department_id_departments")),
        sa.ForeignKeyConstraint(["target_id"], ["targets.id"], name=op.f("fk_clues_target_id_targets")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_clues_visit_id_visits")),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_clues_plan_id_plans")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clues")),
        sa.UniqueConstraint("number", name=op.f("uq_clues_number")),
        sa.UniqueConstraint("source", "source_no", name=op.f("uq_clues_source_source_no")),
    )
    with op.batch_alter_table("clues", schema=None) as batch_op:
        batch_op.create_index("ix_clues_department_status", ["department_id", "status"])
        for column in ("received_on", "target_id", "visit_id", "plan_id"):
            batch_op.create_index(batch_op.f(f"ix_clues_{column}"), [column])


def downgrade() -> None:
    op.drop_table("clues")
