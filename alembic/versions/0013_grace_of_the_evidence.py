"""Keep for how many days a source spoke on after its last list when the book's prices were chosen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "catalogue", sa.Column("evidence_grace_days", sa.BigInteger(), server_default=sa.text("45"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("catalogue", "evidence_grace_days")
