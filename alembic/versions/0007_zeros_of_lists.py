"""Keep of which offerings a list said but zeros, so that a zero where there was a price waits for a person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = sa.text("'{}'::bigint[]")
    zeroed = sa.Column("zeroed", postgresql.ARRAY(sa.BigInteger()), nullable=False, server_default=empty)
    op.add_column("source_fetch", zeroed)


def downgrade() -> None:
    op.execute("delete from model_pricing_history where state = 'zero'")  # no word for it before
    op.drop_column("source_fetch", "zeroed")
