"""Rounds of a public source that are fetched by themselves"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draw_beacons",
        sa.Column("draw_id", sa.String(length=32), nullable=False),
        sa.Column("round", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("proposed_value", sa.String(length=256), nullable=True),
        sa.Column("proposed_by", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_draw_beacons_draw_id_draws")),
        sa.PrimaryKeyConstraint("draw_id", name=op.f("pk_draw_beacons")),
    )
    op.create_index("ix_draw_beacons_status", "draw_beacons", ["status", "not_before"])


def downgrade() -> None:
    op.drop_index("ix_draw_beacons_status", table_name="draw_beacons")
    op.drop_table("draw_beacons")
