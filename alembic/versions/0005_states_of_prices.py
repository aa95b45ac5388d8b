"""Let a price be published as unknown, and as part of a subscription."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = "ck_price_state_known"
BEFORE = "state in ('priced', 'free', 'included', 'not_offered')"
NOW = "state in ('priced', 'free', 'included', 'not_offered', 'subscription', 'unknown')"


def upgrade() -> None:
    op.drop_constraint(op.f(NAME), "price", type_="check")
    op.create_check_constraint(op.f(NAME), "price", NOW)


def downgrade() -> None:
    # What the older state of the table has no word for was no row there.
    op.execute("delete from price where state = 'unknown'")
    op.execute("update price set state = 'included' where state = 'subscription'")
    op.execute("update model_pricing_history set state = 'included' where state = 'subscription'")
    op.drop_constraint(op.f(NAME), "price", type_="check")
    op.create_check_constraint(op.f(NAME), "price", BEFORE)
