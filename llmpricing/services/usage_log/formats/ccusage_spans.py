"""How long the sums of ccusage's reports are."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta

from llmpricing.services.usage_log.formats.row import Row


def span_of_entry(entry: Row, begin: datetime) -> timedelta:
    """The month or week that an entry sums up, else a day; of a session only the last day is known."""
    if entry.text("date"):
        return timedelta(days=1)
    if entry.text("month"):
        return timedelta(days=monthrange(begin.year, begin.month)[1])
    return timedelta(days=7 if entry.text("week") else 1)
