"""Of how many models no list says whether they are what is asked for, and how old the lists are that say it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from llmpricing.domain.observations import TOLD
from llmpricing.services.catalogue.freshness import SourceAge, source_ages
from llmpricing.services.catalogue.listed_models import SoldModel
from llmpricing.services.catalogue.model_list import FoundModels
from llmpricing.services.price_book import Reads
from llmpricing.web.site.ages import OLD_AFTER_DAYS


@dataclass(frozen=True, slots=True)
class Unsaid:
    """``models`` of which no list says it, ``left_out`` of them not shown; ``lists`` are those that tell what models
    can, where that is asked.
    """

    models: int
    left_out: int
    lists: Sequence[SourceAge]

    @property
    def is_old(self) -> bool:
        """Whether all that tell it are old: newer models are in none of them."""
        return bool(self.lists) and all(one.age_days > OLD_AFTER_DAYS for one in self.lists)


def lists_of_needs(
    reads: Reads, now: datetime, models: Iterable[SoldModel], needs: Iterable[str]
) -> Sequence[SourceAge]:
    """The lists that say of one of the models that it meets one of these needs; none where no need is asked."""
    asked = tuple(needs)
    if not asked:
        return []
    return lists_saying(source_ages(reads, now, outcomes=TOLD), models, asked)


def lists_saying(ages: Iterable[SourceAge], models: Iterable[SoldModel], needs: Collection[str]) -> Sequence[SourceAge]:
    """Those of these lists that say of one of the models that it meets one of these needs."""
    names = {name for model in models for need in needs for name in model.able.get(need, ())}
    return [age for age in ages if age.source in names]


def unsaid_among(found: FoundModels, lists: Sequence[SourceAge]) -> Unsaid | None:
    """None where lists say it of all."""
    count = found.unsaid + sum(not row.is_said for row in found.rows)
    return Unsaid(count, found.unsaid, lists) if count else None
