"""Whether a column that nothing asks for says that a row is of another tier."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from llmpricing.domain.usage.wording import Message, Parameter, Way
from llmpricing.services.usage_log.columns import LogError
from llmpricing.services.usage_log.formats.own_columns import may_tell_a_tier, tells_a_tier
from llmpricing.services.usage_log.formats.raw_rows import raw_rows


def check_no_tiers(path: Path, unread: Collection[str]) -> None:
    """Raises LogError where one of the columns that nothing reads, such as ``is_batch``, says by true that a row is of
    a tier: priced by the standard one, it would be billed too much or too little without a word. The rows are read for
    it only where a column has such a name.
    """
    names = {*filter(may_tell_a_tier, unread)}
    if not names:
        return
    for row in raw_rows(path):
        for name in names & row.fields.keys():
            if tells_a_tier(name, row.fields[name]):
                raise LogError(
                    Message(
                        f"Row {row.number:,} says {row.fields[name]} under {name}, which may mean a tier of another "
                        "price: write the tier (batch, flex, priority) in a column service_tier",
                        Way("; if it means none, say ", Parameter("columns.ignored", (name,))),
                        ".",
                    )
                )
