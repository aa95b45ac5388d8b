"""How old what a page shows is, and which of it is old."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmpricing.services.catalogue.freshness import SourceAge
from llmpricing.web.site import display

OLD_AFTER_DAYS = 30


def ages_shown(ages: Sequence[SourceAge]) -> dict[str, Any]:
    """What templates write of the ages of lists."""
    old = [age for age in ages if age.age_days > OLD_AFTER_DAYS]
    short = in_short(ages)
    return {"ages": ages, "in_short": short, "old": old, "old_sources": {age.source: age.age_days for age in old}}


def in_short(ages: Sequence[SourceAge]) -> str:
    """All of them in a few words: ``Bundled prices 17 to 32 days old``; nothing where nothing was read yet."""
    if not ages:
        return ""
    kind = "Bundled prices" if all(age.bundled for age in ages) else "Prices"
    days = [age.age_days for age in ages]
    low, high = min(days), max(days)
    if low == high:
        return f"{kind} {display.age(low)}"
    return f"{kind} {f'{low} to' if low else 'up to'} {display.age(high)}"
