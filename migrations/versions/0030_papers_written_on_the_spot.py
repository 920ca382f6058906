"""papers written on the spot"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_papers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("part_id", sa.String(length=32), nullable=False),
        sa.Column("department_id", sa.String(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("attachment", sa.String(length=64), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_site_papers_department_id_departments")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["members.id"], name=op.f("fk_site_papers_made_by_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_papers")),
        sa.UniqueConstraint("number", name=op.f("uq_site_papers_number")),
        sa.UniqueConstraint("request_id", name=op.f("uq_site_papers_request_id")),
    )
    with op.batch_alter_table("site_papers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_site_papers_visit_id"), ["visit_id"])


def downgrade() -> None:
    op.drop_table("site_papers")
