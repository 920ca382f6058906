"""Lines of a draw's record are numbered under its lock; who could not come into a reserve's group; whom D9 entrusts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0036"
branch_labels = None
depends_on = None

NUMBERED = """
UPDATE {table} SET line = (
    SELECT count(*) FROM (
        SELECT id, draw_id, decided_at FROM replacements WHERE status = 'approved'
        UNION ALL SELECT id, draw_id, decided_at FROM target_swaps WHERE status = 'approved'
    ) AS every
    WHERE every.draw_id = {table}.draw_id
      AND (every.decided_at < {table}.decided_at
           OR (every.decided_at = {table}.decided_at AND every.id <= {table}.id))
) WHERE status = 'approved'
"""


def upgrade() -> None:
    for table in ("replacements", "target_swaps"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("line", sa.Integer(), nullable=True))
    for table in ("replacements", "target_swaps"):
        op.execute(sa.text(NUMBERED.format(table=table)))
    with op.batch_alter_table("target_swaps", schema=None) as batch_op:
        batch_op.add_column(sa.Column("absent", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    with op.batch_alter_table("target_swaps", schema=None) as batch_op:
        batch_op.alter_column("absent", server_default=None)
    with op.batch_alter_table("shortfalls", schema=None) as batch_op:
        batch_op.add_column(sa.Column("entrusted_department_id", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_shortfalls_entrusted_department_id_departments"),
            "departments",
            ["entrusted_department_id"],
            ["id"],
        )


def downgrade() -> None:
    with op.batch_alter_table("shortfalls", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_shortfalls_entrusted_department_id_departments"), type_="foreignkey")
        batch_op.drop_column("entrusted_department_id")
    with op.batch_alter_table("target_swaps", schema=None) as batch_op:
        batch_op.drop_column("absent")
        batch_op.drop_column("line")
    with op.batch_alter_table("replacements", schema=None) as batch_op:
        batch_op.drop_column("line")
