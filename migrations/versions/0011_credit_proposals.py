"""credit_proposals: what a published result says about a target's class, until somebody decides (N3)"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credit_proposals",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("target_id", sa.String(32), nullable=False),
        sa.Column("visit_id", sa.String(32), nullable=False),
        sa.Column("from_class", sa.String(1), nullable=False),
        sa.Column("to_class", sa.String(1), nullable=False),
        sa.Column("why", sa.String(256), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["target_id"], ["targets.id"], name=op.f("fk_credit_proposals_target_id_targets")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_credit_proposals_visit_id_visits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_proposals")),
        sa.UniqueConstraint("visit_id", "to_class", name=op.f("uq_credit_proposals_visit_id_to_class")),
    )
    op.create_index(op.f("ix_credit_proposals_target_id"), "credit_proposals", ["target_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_credit_proposals_target_id"), table_name="credit_proposals")
    op.drop_table("credit_proposals")
