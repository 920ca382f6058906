"""Renewed certificates as their holders say; one-off filings"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificate_renewals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("inspector_id", sa.String(length=32), nullable=False),
        sa.Column("certificate_id", sa.String(length=32), nullable=True),
        sa.Column("number", sa.LargeBinary(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("photo", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('asked', 'confirmed', 'declined')", name=op.f("ck_certificate_renewals_status")),
        sa.ForeignKeyConstraint(
            ["inspector_id"], ["inspectors.id"], name=op.f("fk_certificate_renewals_inspector_id_inspectors")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_renewals_certificate_id_certificates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_renewals")),
    )
    with op.batch_alter_table("certificate_renewals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificate_renewals_inspector_id"), ["inspector_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_certificate_renewals_status"), ["status"], unique=False)
    op.create_table(
        "filings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("department_id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("basis", sa.String(length=256), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("document_no", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("done_by", sa.String(length=32), nullable=True),
        sa.CheckConstraint("status IN ('open', 'done', 'dropped')", name=op.f("ck_filings_status")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_filings_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filings")),
        sa.UniqueConstraint("department_id", "title", "due_on", name=op.f("uq_filings_department_id_title_due_on")),
    )
    with op.batch_alter_table("filings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_filings_department_id"), ["department_id"], unique=False)


def downgrade() -> None:
    op.drop_table("filings")
    op.drop_table("certificate_renewals")
