"""What a visit's group says under its summary"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "summary_signatures",
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("inspector_id", sa.String(length=32), nullable=False),
        sa.Column("summary_digest", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_summary_signatures_visit_id_visits")),
        sa.ForeignKeyConstraint(
            ["inspector_id"], ["inspectors.id"], name=op.f("fk_summary_signatures_inspector_id_inspectors")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_summary_signatures_member_id_members")),
        sa.PrimaryKeyConstraint("visit_id", "inspector_id", "summary_digest", name=op.f("pk_summary_signatures")),
    )
    # Not as a batch: SQLite would copy the table and drop the old one, which the rows that point to it forbid.
    column = sa.Column("summary_digest", sa.String(length=64), nullable=False, server_default=sa.text("''"))
    op.add_column("visits", column)


def downgrade() -> None:
    op.drop_column("visits", "summary_digest")
    op.drop_table("summary_signatures")
