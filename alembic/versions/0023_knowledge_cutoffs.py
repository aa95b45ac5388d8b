"""Keep up to when lists say that a model knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A month or a day as text; of offerings that lists described before, the next list tells it."""
    for table in ("offering", "offering_past"):
        op.add_column(table, sa.Column("knowledge_cutoff", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in ("offering_past", "offering"):
        op.drop_column(table, "knowledge_cutoff")
