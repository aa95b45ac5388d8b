"""Let a reading of a list be taken back: its observations stay, and count no more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLE, _KEY = "model_pricing_history", "pk_model_pricing_history"
_COLUMNS = ["time", "source_id", "offering_id", "component", "segment"]


def upgrade() -> None:
    op.add_column("source_fetch", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_source_fetch_undone", "source_fetch", ["id"], postgresql_where=sa.text("undone_at is not null"))
    # An observation names the list that made it, also where another list's import told it apart.
    op.execute(f"""
        update {_TABLE} as told set fetch_id = reading.id
          from source_fetch as reading, source_fetch as named
         where named.id = told.fetch_id and named.published_at <> told.time
           and reading.source_id = told.source_id and reading.published_at = told.time
           and reading.outcome in ('imported', 'unchanged')
    """)  # noqa: S608 - names of columns
    # What was taken back stays beside what is read of that very time later.
    op.drop_constraint(_KEY, _TABLE, type_="primary")
    op.create_primary_key(_KEY, _TABLE, [*_COLUMNS, "fetch_id"])


def downgrade() -> None:
    op.execute(
        f"delete from {_TABLE} where fetch_id in (select id from source_fetch where undone_at is not null)"  # noqa: S608
    )
    op.execute("delete from source_fetch where undone_at is not null")
    op.drop_constraint(_KEY, _TABLE, type_="primary")
    op.create_primary_key(_KEY, _TABLE, _COLUMNS)
    op.drop_index("ix_source_fetch_undone", "source_fetch")
    op.drop_column("source_fetch", "undone_at")
