"""destruction of filed papers by rule: holds, registers, their lines and files"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0037"
branch_labels = None
depends_on = None

OPEN = sa.text("outcome = ''")


def upgrade() -> None:
    op.create_table(
        "disposal_holds",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("ground", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.String(length=32), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.String(length=32), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal_holds")),
    )
    op.create_index(op.f("ix_disposal_holds_subject"), "disposal_holds", ["subject"])
    op.create_table(
        "destructions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("ground", sa.String(length=16), nullable=False),
        sa.Column("appraisal", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(length=32), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_note", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destructions")),
        sa.UniqueConstraint("number", name=op.f("uq_destructions_number")),
    )
    op.create_index(op.f("ix_destructions_status"), "destructions", ["status"])
    op.create_table(
        "destruction_items",
        sa.Column("destruction_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("stands_for", sa.String(length=64), nullable=True),
        sa.Column("number", sa.String(length=96), nullable=False),
        sa.Column("title", sa.String(length=256), nullable=False),
        sa.Column("retention", sa.String(length=16), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("archives", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destruction_id"], ["destructions.id"], name=op.f("fk_destruction_items_destruction_id_destructions")
        ),
        sa.PrimaryKeyConstraint("destruction_id", "position", name=op.f("pk_destruction_items")),
        sa.UniqueConstraint("stands_for", name=op.f("uq_destruction_items_stands_for")),
    )
    op.create_index(op.f("ix_destruction_items_subject"), "destruction_items", ["subject"])
    op.create_table(
        "destruction_files",
        sa.Column("destruction_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["destruction_id"], ["destructions.id"], name=op.f("fk_destruction_files_destruction_id_destructions")
        ),
        sa.PrimaryKeyConstraint("destruction_id", "digest", name=op.f("pk_destruction_files")),
    )
    op.create_index(
        "ix_destruction_files_open", "destruction_files", ["destruction_id"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    for table in ("destruction_files", "destruction_items", "destructions", "disposal_holds"):
        op.drop_table(table)
