"""Keep the newest lists of the sources over which feeds lay the published prices, compressed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_list",
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "sha256", name="pk_kept_list"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_kept_list_source_id_source"),
    )


def downgrade() -> None:
    op.drop_table("kept_list")
