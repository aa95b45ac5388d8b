"""Keep scores of benchmarks: who scored what, where that is published, and when it was believed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "score",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("benchmark", sa.Text(), nullable=False),
        sa.Column("score", sa.Numeric(), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("recorded", postgresql.TSTZRANGE(), nullable=False),
        sa.CheckConstraint("score <> 'NaN'", name="ck_score_is_a_number"),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name="fk_score_model_id_model"),
        sa.PrimaryKeyConstraint("id", name="pk_score"),
    )
    op.create_index(
        "uq_score_current",
        "score",
        ["model_id", "benchmark"],
        unique=True,
        postgresql_where=sa.text("upper_inf(recorded)"),
    )


def downgrade() -> None:
    op.drop_table("score")
