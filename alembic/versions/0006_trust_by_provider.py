"""Let the prices of one provider be believed in another order of sources."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provider_trust",
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("trust_rank", sa.Integer(), nullable=False),
        sa.CheckConstraint("trust_rank > 0", name=op.f("ck_provider_trust_trust_rank_positive")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_provider_trust_provider_id_provider")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_provider_trust_source_id_source")),
        sa.PrimaryKeyConstraint("provider_id", "source_id", name=op.f("pk_provider_trust")),
    )


def downgrade() -> None:
    op.drop_table("provider_trust")
