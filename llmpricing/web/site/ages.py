"""How old what a page shows is, and which of it is old."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmpricing.services.catalogue.freshness import SourceAge

OLD_AFTER_DAYS = 30


def ages_shown(ages: Sequence[SourceAge]) -> dict[str, Any]:
    """What templates write of the ages of lists."""
    old = [age for age in ages if age.age_days > OLD_AFTER_DAYS]
    return {"ages": ages, "old": old, "old_sources": {age.source: age.age_days for age in old}}
