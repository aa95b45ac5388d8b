"""How old what a page shows is, and which of it is old."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmpricing.services.catalogue.freshness import SourceAge
from llmpricing.web.site import display

OLD_AFTER_DAYS = 30


def ages_shown(ages: Sequence[SourceAge], of_needs: Sequence[SourceAge] = ()) -> dict[str, Any]:
    """What templates write of the ages of lists; ``of_needs`` are those that tell what models can."""
    old = _old(ages)
    of_prices = {age.source for age in ages}
    return {
        "ages": ages,
        "of_needs": of_needs,
        "in_short": in_short(ages) + (f", what models can {_span(of_needs)}" if ages and of_needs else ""),
        "old": [*old, *(age for age in _old(of_needs) if age.source not in of_prices)],
        "old_sources": {age.source: age.age_days for age in old},
    }


def is_old(age: SourceAge) -> bool:
    """Whether a list is old: what rests on it is to be compared with the seller's own page."""
    return age.age_days > OLD_AFTER_DAYS


def _old(ages: Sequence[SourceAge]) -> list[SourceAge]:
    return list(filter(is_old, ages))


def in_short(ages: Sequence[SourceAge]) -> str:
    """All of them in a few words: ``Bundled prices 17 to 32 days old``; nothing where nothing was read yet."""
    if not ages:
        return ""
    kind = "Bundled prices" if all(age.bundled for age in ages) else "Prices"
    return f"{kind} {_span(ages)}"


def _span(ages: Sequence[SourceAge]) -> str:
    days = [age.age_days for age in ages]
    low, high = min(days), max(days)
    if low == high:
        return display.age(low)
    return f"{f'{low} to' if low else 'up to'} {display.age(high)}"
