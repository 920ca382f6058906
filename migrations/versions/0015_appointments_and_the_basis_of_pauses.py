"""Times agreed upon for visits; the legal basis of a pause"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointments",
        sa.Column("visit_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_appointments_visit_id_visits")),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_appointments")),
    )
    with op.batch_alter_table("deadline_pauses", schema=None) as batch_op:
        batch_op.add_column(sa.Column("basis", sa.String(length=256), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    with op.batch_alter_table("deadline_pauses", schema=None) as batch_op:
        batch_op.drop_column("basis")
    op.drop_table("appointments")
