"""Keep why a source's list could not be had, and how a score was measured: effort, harness, release of the test."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("score", sa.Column("note", sa.Text(), nullable=True))
    op.create_table(
        "source_failure",
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name="pk_source_failure"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name="fk_source_failure_source_id_source"),
    )


def downgrade() -> None:
    op.drop_table("source_failure")
    op.drop_column("score", "note")
