"""Keep which list says of an offering what it can do, and what it cannot."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_KEYS = {
    "can": "capabilities",
    "cannot": "denied_capabilities",
    "takes": "input_modalities",
    "gives": "output_modalities",
}
_SET = "UPDATE offering SET stated_abilities = x.told FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(id bigint, told text)"


def upgrade() -> None:
    """Of offerings that lists described before, each list's flags are known; past ones keep those of all together."""
    for table in ("offering", "offering_past"):
        op.add_column(table, sa.Column("stated_abilities", sa.Text(), nullable=True))
    connection = op.get_bind()
    told = [
        {"id": id_, "told": text} for id_, facts in connection.execute(_FACTS) if (text := _text(facts)) is not None
    ]
    connection.execute(sa.text(f"{_SET} WHERE offering.id = x.id"), {"rows": json.dumps(told)})


_FACTS = sa.text("SELECT id, facts FROM offering")


def _text(facts: dict[str, Any]) -> str | None:
    found = {
        source: {key: sorted(stated[name]) for key, name in _KEYS.items() if stated.get(name) is not None}
        for source, stated in facts.items()
    }
    told = {source: stated for source, stated in found.items() if stated}
    return json.dumps(told, sort_keys=True, separators=(",", ":")) if told else None


def downgrade() -> None:
    for table in ("offering_past", "offering"):
        op.drop_column(table, "stated_abilities")
