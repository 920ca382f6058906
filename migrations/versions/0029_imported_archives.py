"""archives from elsewhere, to be read"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imported_archives",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("key_named", sa.Boolean(), nullable=False),
        sa.Column("retention", sa.String(length=16), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=32), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_archives")),
        sa.UniqueConstraint("digest", name=op.f("uq_imported_archives_digest")),
    )
    with op.batch_alter_table("imported_archives", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_imported_archives_number"), ["number"], unique=False)
    op.create_table(
        "imported_files",
        sa.Column("archive_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["imported_archives.id"], name=op.f("fk_imported_files_archive_id_imported_archives")
        ),
        sa.PrimaryKeyConstraint("archive_id", "position", name=op.f("pk_imported_files")),
    )


def downgrade() -> None:
    op.drop_table("imported_files")
    op.drop_table("imported_archives")
