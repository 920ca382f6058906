"""Targets of every kind, by region and trade; rejected rows kept for some weeks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXTS = (("identifier_kind", 16, "credit_code"), ("category", 16, "enterprise"), ("region_code", 6, ""),
         ("trade", 5, ""), ("source", 64, ""))  # fmt: skip
JSONS = (("labels", "[]"), ("extra", "{}"))
BYTEWISE = (("code", 18), ("name", 256), ("region_code", 6), ("trade", 5), ("credit_class", 1), ("status", 16))
FILTER = ["region_code", "trade", "credit_class", "status", "code", "name"]


def upgrade() -> None:
    with op.batch_alter_table("targets", schema=None) as batch_op:
        for name, length, default in TEXTS:
            batch_op.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=default))
        for name, default in JSONS:
            batch_op.add_column(sa.Column(name, sa.JSON(), nullable=False, server_default=default))
        batch_op.drop_index("ix_targets_region_status")
        batch_op.drop_index(batch_op.f("ix_targets_name"))
    _collate("C")
    with op.batch_alter_table("targets", schema=None) as batch_op:
        for name, *_ in (*TEXTS, *JSONS):
            batch_op.alter_column(name, server_default=None)
        batch_op.create_index("ix_targets_filter", FILTER, unique=False)
    op.create_table(
        "import_rejects",
        sa.Column("report_id", sa.String(length=32), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["import_reports.id"], name=op.f("fk_import_rejects_report_id_import_reports")
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_import_rejects")),
    )
    with op.batch_alter_table("import_rejects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_rejects_expires_on"), ["expires_on"], unique=False)


def _collate(collation: str) -> None:
    """Compare these columns byte by byte on PostgreSQL; SQLite never did otherwise."""
    if op.get_bind().dialect.name == "postgresql":
        changes = ", ".join(f'ALTER {name} TYPE varchar({length}) COLLATE "{collation}"' for name, length in BYTEWISE)
        op.execute(f"ALTER TABLE targets {changes}")


def downgrade() -> None:
    _collate("default")
    op.drop_table("import_rejects")
    with op.batch_alter_table("targets", schema=None) as batch_op:
        batch_op.drop_index("ix_targets_filter")
        for name, *_ in (*JSONS, *TEXTS):
            batch_op.drop_column(name)
        batch_op.create_index("ix_targets_region_status", ["region", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_targets_name"), ["name"], unique=False)
