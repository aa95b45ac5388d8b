"""Keep the newest observation of each source and component apart, so that asking for it takes no walk through history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_COLUMNS = (
    "source_id, offering_id, component, segment, time, fetch_id, state, value, currency, per_quantity, "
    "minimum_quantity, stated_from, stated_until, basis, source_url, raw, first_seen"
)


def upgrade() -> None:
    op.create_table(
        "newest_observation",
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("offering_id", sa.BigInteger(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("segment", sa.SmallInteger(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetch_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("per_quantity", sa.BigInteger(), nullable=False),
        sa.Column("minimum_quantity", sa.Numeric(), nullable=True),
        sa.Column("stated_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stated_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=True),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_newest_observation_source_id_source")),
        sa.ForeignKeyConstraint(
            ["offering_id"], ["offering.id"], name=op.f("fk_newest_observation_offering_id_offering")
        ),
        sa.PrimaryKeyConstraint("source_id", "offering_id", "component", "segment", name=op.f("pk_newest_observation")),
    )
    op.create_index("ix_newest_observation_offering_id", "newest_observation", ["offering_id"])
    op.execute(
        f"""
        insert into newest_observation ({_COLUMNS})
        select {_COLUMNS} from (
            select *, rank() over (
                partition by source_id, offering_id, component order by time desc, fetch_id desc
            ) as place
              from model_pricing_history
             where fetch_id not in (select id from source_fetch where undone_at is not null)
        ) as ranked where place = 1
        """  # noqa: S608 - names of columns
    )


def downgrade() -> None:
    op.drop_table("newest_observation")
