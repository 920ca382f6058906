"""RFC 3161 timestamps of announcements"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draw_stamps",
        sa.Column("draw_id", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authority", sa.String(length=128), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_stamps_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", name=op.f("pk_draw_stamps")),
    )
    op.create_index("ix_draw_stamps_status", "draw_stamps", ["status", "not_before"])


def downgrade() -> None:
    op.drop_index("ix_draw_stamps_status", table_name="draw_stamps")
    op.drop_table("draw_stamps")
