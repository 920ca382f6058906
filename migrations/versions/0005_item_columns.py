"""items: ratio, frequency, publication and the other columns of a list

The import read them and kept none; a list read again brings them (A2, A9).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COLUMNS = {
    "ratio": sa.String(256),
    "frequency": sa.String(64),
    "publication": sa.String(256),
    "sub_item": sa.String(512),
    "code": sa.String(64),
    "note": sa.Text(),
}


def upgrade() -> None:
    with op.batch_alter_table("items") as batch_op:
        for name, kind in _COLUMNS.items():
            batch_op.add_column(sa.Column(name, kind, server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("items") as batch_op:
        for name in reversed(_COLUMNS):
            batch_op.drop_column(name)
