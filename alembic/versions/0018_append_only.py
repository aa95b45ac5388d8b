"""Let nobody change or delete what was observed and who decided it: both tables only grow."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = ("audit_event", "model_pricing_history")


def upgrade() -> None:
    op.execute("""
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception 'table % only grows: % is refused', tg_argv[0], lower(tg_op)
                using errcode = 'restrict_violation', hint = tg_argv[1];
        end $$
    """)
    hints = {
        "audit_event": "Take the decision back by a decision of its own, such as llmpricing unpin.",
        "model_pricing_history": "Take a list back with llmpricing import undo.",
    }
    for table in TABLES:
        # Of each row, since on a hypertable such triggers hold for its chunks too; nothing is emptied row by row.
        for name, events, level in (
            ("only_grows", "update or delete", "row"),
            ("is_not_emptied", "truncate", "statement"),
        ):
            op.execute(
                f"create trigger {table}_{name} before {events} on {table} for each {level}"
                f" execute function refuse_change('{table}', '{hints[table]}')"
            )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"drop trigger {table}_only_grows on {table}")
        op.execute(f"drop trigger {table}_is_not_emptied on {table}")
    op.execute("drop function refuse_change()")
