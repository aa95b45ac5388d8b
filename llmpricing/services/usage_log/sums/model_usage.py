"""The usage of one offering that a log holds, and what it costs by prices of any time and belief."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from llmpricing.domain.conditions import STANDARD
from llmpricing.domain.quotes.context import Context
from llmpricing.domain.quotes.contract_rates import Exchange
from llmpricing.domain.quotes.usage_sums import SumCost, UsageSum, cost_of
from llmpricing.domain.usage.wording import ParameterWords, in_python
from llmpricing.services.usage_log.sums.log_sums import Divisions
from llmpricing.services.usage_log.sums.own_prices import BelievedPrices


class PricingSide(NamedTuple):
    """Prices of a time ``at`` by one belief; contract rates are those of ``rates_of``."""

    prices: BelievedPrices
    at: datetime
    rates_of: datetime


class GroupUsage(NamedTuple):
    """The summed requests of one group; ``context`` is what they pay by, ``is_sum`` tells that each sums up several."""

    group: str
    usage: UsageSum
    context: Context
    is_sum: bool


@dataclass(frozen=True)
class ModelCost:
    """What the usage costs in 1e-12 USD, by group, as far as it has one price; ``unpriced`` are the records that have
    none, by reason.
    """

    groups: Mapping[str, Fraction]
    unpriced: Mapping[str, int]

    @property
    def total(self) -> Fraction:
        """That of all groups."""
        return sum(self.groups.values(), Fraction(0))

    @property
    def reason(self) -> str:
        """Why the most of what has no price has none; empty where all has one."""
        return max(self.unpriced, key=lambda reason: self.unpriced[reason], default="")


@dataclass
class ModelUsage:
    """Sums of one offering, and its prices as they were believed, now last; refusals are told in ``words``."""

    versions: Sequence[BelievedPrices]
    exchanges: tuple[Exchange, ...]
    words: ParameterWords = in_python
    divisions: Divisions = field(init=False)
    sums: list[GroupUsage] = field(default_factory=list)
    _known: dict[tuple[datetime, datetime, datetime], list[SumCost]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.divisions = Divisions(version.prices for version in self.versions)

    def without_usage(self) -> ModelUsage:
        """The same offering, with nothing used of it."""
        return ModelUsage(self.versions, self.exchanges, self.words)

    @property
    def now(self) -> BelievedPrices:
        """The prices as they are believed now."""
        return self.versions[-1]

    @property
    def meters(self) -> set[str]:
        """All that is used."""
        return {meter for one in self.sums for meter in one.usage.example.usage.keys}

    @property
    def tiers(self) -> set[str]:
        """The service tiers of what is used, and the standard one, whose prices others go by."""
        stated = {one.context.service_tier or one.usage.example.usage.service_tier for one in self.sums}
        return {STANDARD, *(tier for tier in stated if tier)}

    def at(self, time: datetime) -> PricingSide:
        """What holds at a time, as it is known now."""
        return PricingSide(self.now, time, time)

    def costs(self, side: PricingSide) -> list[SumCost]:
        """What each of the sums costs on a side, in their order."""
        key = (side.prices.since, side.at, side.rates_of)
        if key not in self._known:
            prices, terms = side.prices.at(side.at), side.prices.terms(side.rates_of, self.exchanges)
            self._known[key] = [
                cost_of(prices, usage, context, terms, has_several=is_sum, words=self.words)
                for _, usage, context, is_sum in self.sums
            ]
        return self._known[key]

    def cost(self, side: PricingSide) -> ModelCost:
        """What the usage costs on a side, as far as it has a price there."""
        groups: dict[str, Fraction] = defaultdict(Fraction)
        unpriced: dict[str, int] = defaultdict(int)
        for one, cost in zip(self.sums, self.costs(side), strict=True):
            groups[one.group] += cost.total or 0
            if cost.total is None:
                unpriced[cost.reason] += one.usage.records
        return ModelCost(groups, unpriced)
