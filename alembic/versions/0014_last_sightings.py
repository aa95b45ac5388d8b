"""Keep beside each newest observation since when its source's lists price the offering no more: its last sighting is
the list before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("newest_observation", sa.Column("left_out_at", sa.DateTime(timezone=True), nullable=True))
    # A list that was read again unchanged holds what the list of its digest holds.
    op.execute("""
        with reading as (
            select source_id, published_at, sha256 from source_fetch
             where outcome in ('imported', 'unchanged') and undone_at is null
        ), listing as (
            select distinct imported.source_id, imported.sha256, listed.offering_id
              from source_fetch as imported, unnest(imported.listed || imported.zeroed) as listed (offering_id)
             where imported.outcome = 'imported'
        ), last_listed as (
            select source_id, offering_id, max(published_at) as published_at
              from listing join reading using (source_id, sha256) group by source_id, offering_id
        ), left_out as (
            select last_listed.source_id, last_listed.offering_id, min(reading.published_at) as left_out_at
              from last_listed join reading
                on reading.source_id = last_listed.source_id and reading.published_at > last_listed.published_at
             group by last_listed.source_id, last_listed.offering_id
        )
        update newest_observation as newest set left_out_at = left_out.left_out_at from left_out
         where left_out.source_id = newest.source_id and left_out.offering_id = newest.offering_id
           and left_out.left_out_at > newest.time
    """)


def downgrade() -> None:
    op.drop_column("newest_observation", "left_out_at")
