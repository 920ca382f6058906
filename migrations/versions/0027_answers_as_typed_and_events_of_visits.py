"""answers as they are typed, by several inspectors, and the chained events of a visit"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "typed_answers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("part_id", sa.String(length=32), nullable=False),
        sa.Column("task_item_id", sa.String(length=32), nullable=False),
        sa.Column("question_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("over", sa.JSON(), nullable=False),
        sa.Column("typed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_typed_answers_member_id_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_typed_answers")),
    )
    with op.batch_alter_table("typed_answers", schema=None) as batch_op:
        batch_op.create_index("ix_typed_answers_part_id", ["part_id", "received_at"])
    op.create_table(
        "visit_events",
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("visit_id", "seq", name=op.f("pk_visit_events")),
    )


def downgrade() -> None:
    op.drop_table("visit_events")
    op.drop_table("typed_answers")
