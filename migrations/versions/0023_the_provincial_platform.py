"""the provincial platform: records on their way, and comparisons"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "province_checks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("ours", sa.Integer(), nullable=False),
        sa.Column("theirs", sa.Integer(), nullable=False),
        sa.Column("found", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_province_checks")),
    )
    op.create_table(
        "province_records",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=112), nullable=False),
        sa.Column("department_id", sa.String(length=32), nullable=False),
        sa.Column("target_name", sa.String(length=256), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.String(length=64), nullable=False),
        sa.Column("error", sa.String(length=256), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_province_records_department_id_departments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_province_records")),
        sa.UniqueConstraint("key", name=op.f("uq_province_records_key")),
    )
    with op.batch_alter_table("province_records", schema=None) as batch_op:
        batch_op.create_index("ix_province_records_due", ["status", "not_before"])
        batch_op.create_index(batch_op.f("ix_province_records_department_id"), ["department_id"])


def downgrade() -> None:
    op.drop_table("province_records")
    op.drop_table("province_checks")
