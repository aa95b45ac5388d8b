"""The price book: sources and what they said, catalogue, prices on two clocks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _timescaledb(connection: sa.Connection) -> bool:
    """Whether the database has TimescaleDB, creating the extension where this role may.

    Probed, not tried: a refused CREATE EXTENSION aborts the transaction, and on a server that has not preloaded the
    library it ends the connection. ``timescaledb.disable_load`` exists only where the loader is preloaded.
    """
    if connection.scalar(sa.text("select 1 from pg_extension where extname = 'timescaledb'")):
        return True
    may_create = connection.scalar(
        sa.text("""
            select current_setting('timescaledb.disable_load', true) is not null
               and has_database_privilege(current_database(), 'CREATE')
               and (v.trusted or r.rolsuper)
              from pg_available_extensions e
              join pg_available_extension_versions v on v.name = e.name and v.version = e.default_version
              join pg_roles r on r.rolname = current_user
             where e.name = 'timescaledb'
        """)
    )
    if may_create:
        op.execute("create extension timescaledb")
    return bool(may_create)


def upgrade() -> None:
    op.execute("create extension if not exists btree_gist")
    op.create_table(
        "catalogue",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("book", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_catalogue_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue")),
    )
    op.create_table(
        "meter",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("per_quantity", sa.BigInteger(), nullable=False),
        sa.Column("dimensions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_meter")),
    )
    op.create_table(
        "model",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lab", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
        sa.UniqueConstraint("slug", name=op.f("uq_model_slug")),
    )
    op.create_table(
        "provider",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("api_pattern", sa.Text(), nullable=True),
        sa.Column("pricing_urls", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.Column("provider_match", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("model_match", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fallback_providers", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("slug", name=op.f("uq_provider_slug")),
    )
    op.create_table(
        "schedule",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("weekdays", sa.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("windows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("holidays", sa.ARRAY(sa.Date()), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_schedule")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("trust_rank", sa.Integer(), nullable=False),
        sa.Column("states_dates", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("slug", name=op.f("uq_source_slug")),
    )
    op.create_table(
        "offering",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.Text(collation="C"), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("api_id", sa.Text(), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lab", sa.Text(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("context_window", sa.BigInteger(), nullable=True),
        sa.Column("max_output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("capabilities", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("input_modalities", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("output_modalities", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("deprecated_on", sa.Date(), nullable=True),
        sa.Column(
            "facts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name=op.f("fk_offering_model_id_model")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_offering_provider_id_provider")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering")),
        sa.UniqueConstraint("slug", name=op.f("uq_offering_slug")),
    )
    op.create_index("ix_offering_capabilities", "offering", ["capabilities"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_offering_model_id"), "offering", ["model_id"], unique=False)
    op.create_index(op.f("ix_offering_provider_id"), "offering", ["provider_id"], unique=False)
    op.create_table(
        "source_fetch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column(
            "counts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "unknown_keys",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "problems",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("listed", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_source_fetch_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_fetch")),
    )
    op.create_index(
        "ix_source_fetch_source_id_published_at", "source_fetch", ["source_id", "published_at"], unique=False
    )
    op.create_table(
        "match_rule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("offering_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("clause", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded", postgresql.TSTZRANGE(), nullable=False),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_match_rule_offering_id_offering")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_match_rule_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_rule")),
    )
    op.create_index("ix_match_rule_offering_id", "match_rule", ["offering_id"], unique=False)
    op.create_table(
        "model_pricing_history",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("offering_id", sa.BigInteger(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("segment", sa.SmallInteger(), nullable=False),
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
        sa.ForeignKeyConstraint(
            ["offering_id"], ["offering.id"], name=op.f("fk_model_pricing_history_offering_id_offering")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_model_pricing_history_source_id_source")),
        sa.PrimaryKeyConstraint(
            "time", "source_id", "offering_id", "component", "segment", name=op.f("pk_model_pricing_history")
        ),
    )
    op.create_index(
        "ix_model_pricing_history_offering_id_time",
        "model_pricing_history",
        ["offering_id", sa.literal_column("time DESC")],
        unique=False,
    )
    op.create_table(
        "offering_alias",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("offering_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("recorded", postgresql.TSTZRANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("namespace"), "="),
            (sa.column("alias"), "="),
            (sa.column("valid"), "&&"),
            (sa.column("recorded"), "&&"),
            using="gist",
            name="ex_offering_alias_no_overlap",
        ),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_offering_alias_offering_id_offering")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_offering_alias_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_alias")),
    )
    op.create_index(op.f("ix_offering_alias_alias"), "offering_alias", ["alias"], unique=False)
    op.create_index(op.f("ix_offering_alias_offering_id"), "offering_alias", ["offering_id"], unique=False)
    op.create_table(
        "price",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("offering_id", sa.BigInteger(), nullable=False),
        sa.Column("meter", sa.Text(), nullable=False),
        sa.Column("condition_key", sa.Text(), nullable=False),
        sa.Column("service_tier", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("step_above", sa.BigInteger(), nullable=True),
        sa.Column("step_inclusive", sa.Boolean(), nullable=False),
        sa.Column("step_marginal", sa.Boolean(), nullable=False),
        sa.Column("schedule_key", sa.Text(), nullable=True),
        sa.Column(
            "extra",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
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
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("offering_id"), "="),
            (sa.column("meter"), "="),
            (sa.column("condition_key"), "="),
            (sa.column("valid"), "&&"),
            (sa.column("recorded"), "&&"),
            using="gist",
            name="ex_price_no_overlap",
        ),
        sa.CheckConstraint(
            "(state = 'priced') = (amount is not null and amount > 0)",
            name=op.f("ck_price_amount_when_priced"),
        ),
        sa.CheckConstraint(
            "lower(valid) is distinct from '-infinity' and upper(valid) is distinct from 'infinity'",
            name=op.f("ck_price_open_bounds_are_null"),
        ),
        sa.CheckConstraint("state in ('priced', 'free', 'included', 'not_offered')", name=op.f("ck_price_state_known")),
        sa.CheckConstraint("not isempty(valid) and not isempty(recorded)", name=op.f("ck_price_ranges_not_empty")),
        sa.CheckConstraint("per_quantity > 0", name=op.f("ck_price_per_quantity_positive")),
        sa.ForeignKeyConstraint(["meter"], ["meter.slug"], name=op.f("fk_price_meter_meter")),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_price_offering_id_offering")),
        sa.ForeignKeyConstraint(["schedule_key"], ["schedule.key"], name=op.f("fk_price_schedule_key_schedule")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_price_source_id_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
    )
    if _timescaledb(op.get_bind()):
        op.execute("""
            select create_hypertable('model_pricing_history', 'time',
                                     chunk_time_interval => interval '1 year', create_default_indexes => false)
        """)


def downgrade() -> None:
    op.drop_table("price")
    op.drop_index(op.f("ix_offering_alias_offering_id"), table_name="offering_alias")
    op.drop_index(op.f("ix_offering_alias_alias"), table_name="offering_alias")
    op.drop_table("offering_alias")
    op.drop_index("ix_model_pricing_history_offering_id_time", table_name="model_pricing_history")
    op.drop_table("model_pricing_history")
    op.drop_index("ix_match_rule_offering_id", table_name="match_rule")
    op.drop_table("match_rule")
    op.drop_index("ix_source_fetch_source_id_published_at", table_name="source_fetch")
    op.drop_table("source_fetch")
    op.drop_index(op.f("ix_offering_provider_id"), table_name="offering")
    op.drop_index(op.f("ix_offering_model_id"), table_name="offering")
    op.drop_index("ix_offering_capabilities", table_name="offering", postgresql_using="gin")
    op.drop_table("offering")
    op.drop_table("source")
    op.drop_table("schedule")
    op.drop_table("provider")
    op.drop_table("model")
    op.drop_table("meter")
    op.drop_table("catalogue")
