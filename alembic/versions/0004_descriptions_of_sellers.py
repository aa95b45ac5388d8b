"""Keep how sellers are recognised with the time it was believed, so that names of the past mean what they meant.

What was kept so far had been overwritten by each list: it counts as believed since the seller's first offering.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_EMPTY = sa.text("'{}'::text[]")
# Only genai-prices describes sellers so. A seller without offerings counts from the first offering of any.
_COPY = """
    insert into provider_description
           (provider_id, source_id, api_pattern, provider_match, model_match, fallback_providers, recorded)
    select p.id, s.id, p.api_pattern, p.provider_match, p.model_match, p.fallback_providers,
           tstzrange(coalesce((select min(o.created_at) from offering o where o.provider_id = p.id),
                              (select min(o.created_at) from offering o)), null)
      from provider p
      join source s on s.slug = 'genai-prices'
     where p.api_pattern is not null or p.provider_match is not null or p.model_match is not null
        or p.fallback_providers <> '{}'
"""
_COPY_BACK = """
    update provider p
       set api_pattern = d.api_pattern, provider_match = d.provider_match, model_match = d.model_match,
           fallback_providers = d.fallback_providers
      from provider_description d
     where d.provider_id = p.id and upper_inf(d.recorded)
"""


def upgrade() -> None:
    op.create_table(
        "provider_description",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("api_pattern", sa.Text(), nullable=True),
        sa.Column("provider_match", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("model_match", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fallback_providers", sa.ARRAY(sa.Text()), server_default=_EMPTY, nullable=False),
        sa.Column("recorded", postgresql.TSTZRANGE(), nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_provider_description_provider_id_provider")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_provider_description_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_description")),
    )
    op.create_index(
        "uq_provider_description_current",
        "provider_description",
        ["provider_id", "source_id"],
        unique=True,
        postgresql_where=sa.text("upper_inf(recorded)"),
    )
    op.execute(_COPY)
    for column in ("api_pattern", "provider_match", "model_match", "fallback_providers"):
        op.drop_column("provider", column)


def downgrade() -> None:
    op.add_column("provider", sa.Column("api_pattern", sa.Text(), nullable=True))
    op.add_column("provider", sa.Column("provider_match", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("provider", sa.Column("model_match", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    fallback = sa.Column("fallback_providers", sa.ARRAY(sa.Text()), server_default=_EMPTY, nullable=False)
    op.add_column("provider", fallback)
    op.execute(_COPY_BACK)
    op.drop_index("uq_provider_description_current", table_name="provider_description")
    op.drop_table("provider_description")
