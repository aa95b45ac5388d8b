"""Keep what was said of an offering before, so that a list asked again by its clocks shows the facts of that time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offering_past",
        sa.Column("offering_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lab", sa.Text(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("context_window", sa.BigInteger(), nullable=True),
        sa.Column("max_output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("capabilities", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("input_modalities", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("output_modalities", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("deprecated_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_offering_past_offering_id_offering")),
        sa.PrimaryKeyConstraint("offering_id", "until", name=op.f("pk_offering_past")),
    )
    op.create_index("ix_offering_past_until", "offering_past", ["until"])


def downgrade() -> None:
    op.drop_table("offering_past")
