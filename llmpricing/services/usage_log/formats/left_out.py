"""Whether a column of a plain table that nothing reads holds numbers that may mean money."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from llmpricing.domain.usage.reading import is_condition
from llmpricing.services.usage_log.columns import refuse_uncounted
from llmpricing.services.usage_log.formats.raw_rows import raw_rows
from llmpricing.services.usage_log.formats.unread import is_nested, looks_billed, suspects


def check_left_out(path: Path, unread: Collection[str]) -> None:
    """Raises UncountedError where one of the columns that nothing reads, such as ``tokens_cached``, holds a number that
    its name says may be billed: kept as it is, it would be billed nowhere. The rows are read for it only where a column
    has such a name.
    """
    waiting = {name for name in suspects(tuple(sorted(unread))) if not is_condition(name.strip().replace(" ", "_"))}
    found: list[str] = []
    for row in raw_rows(path) if waiting else ():
        for name in sorted(waiting & row.fields.keys()):
            value = row.fields[name]
            if not is_nested(value) and looks_billed(name, value):
                found.append(name)
                waiting.discard(name)
        if not waiting:
            break
    refuse_uncounted(found)
