"""Keep for how long a price is stated or seen, so that an answer tells what it only carries over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("price", sa.Column("fresh_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("price", sa.Column("fresh_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("price", "fresh_until")
    op.drop_column("price", "fresh_from")
