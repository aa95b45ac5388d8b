"""Keep when the lab released what is sold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("offering", "offering_past"):
        op.add_column(table, sa.Column("released_on", sa.Date(), nullable=True))


def downgrade() -> None:
    for table in ("offering_past", "offering"):
        op.drop_column(table, "released_on")
