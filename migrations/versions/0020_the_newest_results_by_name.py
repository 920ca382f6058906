"""the newest results by name: read by one index that holds the names"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_publications_newest", "publications", ["published_at", "id", "target_name"])
    op.drop_index("ix_publications_published_at", "publications")


def downgrade() -> None:
    op.create_index("ix_publications_published_at", "publications", ["published_at"])
    op.drop_index("ix_publications_newest", "publications")
