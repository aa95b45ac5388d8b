"""Find the prices of many offerings at once: the index over ranges serves one offering at a time."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_price_offering_id"), "price", ["offering_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_price_offering_id"), table_name="price")
