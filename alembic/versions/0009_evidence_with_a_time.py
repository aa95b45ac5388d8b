"""Keep how long a source said a price, when it first saw one, and the other totals that a quote must tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("catalogue", sa.Column("rules", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
    op.add_column("model_pricing_history", sa.Column("first_seen", sa.DateTime(timezone=True), nullable=True))
    op.add_column("price", sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("price", sa.Column("first_seen", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "other_price",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("offering_id", sa.BigInteger(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("condition_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("per_quantity", sa.BigInteger(), nullable=False),
        sa.Column("minimum_quantity", sa.Numeric(), nullable=True),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("recorded", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("bracket_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=True),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("offering_id"), "="),
            (sa.column("meter"), "="),
            (sa.column("condition_key"), "="),
            (sa.column("source_id"), "="),
            (sa.column("reason"), "="),
            (sa.column("valid"), "&&"),
            (sa.column("recorded"), "&&"),
            using="gist",
            name="ex_other_price_no_overlap",
        ),
        sa.CheckConstraint(
            "not isempty(valid) and not isempty(recorded)", name=op.f("ck_other_price_ranges_not_empty")
        ),
        sa.CheckConstraint("per_quantity > 0", name=op.f("ck_other_price_per_quantity_positive")),
        sa.ForeignKeyConstraint(["meter"], ["meter.slug"], name=op.f("fk_other_price_meter_meter")),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_other_price_offering_id_offering")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_other_price_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_other_price")),
    )
    op.create_index(op.f("ix_other_price_offering_id"), "other_price", ["offering_id"])


def downgrade() -> None:
    op.drop_table("other_price")
    op.drop_column("price", "superseded_at")
    op.drop_column("price", "first_seen")
    op.drop_column("model_pricing_history", "first_seen")
    op.drop_column("catalogue", "rules")
