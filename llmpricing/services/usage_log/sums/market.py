"""All offerings with the prices of one time, and what a summed log costs at each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from llmpricing.domain.quotes.context import Context
from llmpricing.domain.quotes.contract_rates import ContractRate, Exchange, Terms
from llmpricing.domain.quotes.offering_prices import OfferingPrices
from llmpricing.domain.quotes.places import listed_place
from llmpricing.domain.quotes.usage_sums import SumCost, UsageSum, added_costs, at_one_time, cost_of
from llmpricing.domain.usage.wording import ParameterWords, in_python
from llmpricing.services.catalogue.offered_facts import OfferedFacts, offered_facts
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import Reads
from llmpricing.services.quotes.compiled_prices import prices_of
from llmpricing.services.quotes.terms import terms_at
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.sums.log_sums import Divisions, SumKey, told_apart

Sums = Mapping[SumKey, UsageSum]


@dataclass
class MarketOffering:
    """An offering at one time; ``rates`` are the contract rates of that time, as if they held at any."""

    facts: OfferedFacts
    prices: OfferingPrices
    rates: tuple[ContractRate, ...]
    divisions: Divisions = field(init=False)

    def __post_init__(self) -> None:
        self.divisions = Divisions([self.prices])

    def context(self, stated: Context) -> Context:
        """What was stated, as far as this offering has prices of its own for it; else its usual ones are paid."""
        prices, tier, region = self.prices, stated.service_tier, stated.region
        extra = tuple((name, value) for name, value in stated.extra if value in prices.extra.get(name, ()))
        return stated._replace(
            service_tier=tier if tier in prices.tiers else None,
            region=region if region and listed_place(region, prices.regions) else None,
            extra=extra,
        )


@dataclass(frozen=True)
class _JoinedSums:
    """Sums that are priced alike, as one; ``context`` is what was stated of them, or what an offering knows of that."""

    usage: UsageSum
    context: Context
    is_sum: bool


class TodaysMarket:
    """The offerings that have a price at ``now``, by id."""

    def __init__(self, reads: Reads, pricer: LogPricer, now: datetime) -> None:
        self.now = now
        names, facts = names_of(reads, pricer.known), offered_facts(reads)
        terms = terms_at(reads, pricer.known.book, pricer.recorded)
        self.exchanges: tuple[Exchange, ...] = terms.exchanges(now)
        numbers = {one.id: one.slug for one in names.offerings.values()}
        self.offerings: dict[str, MarketOffering] = {}
        for number, prices in prices_of(reads, pricer.known, pricer.recorded, numbers).items():
            one = names.offerings[numbers[number]]
            if prices.prices:
                agreed = terms.rates(one.provider, one.api_id) if pricer.with_rates else ()
                held = (rate for rate in agreed if rate.valid_at(now))
                rates = tuple(replace(rate, valid_from=None, valid_until=None) for rate in held)
                self.offerings[one.slug] = MarketOffering(facts[one.slug], at_one_time(prices, now), rates)
        self.divisions = Divisions(one.prices for one in self.offerings.values())


class SumPricer:
    """Prices one set of sums at many offerings; those that tell the same requests apart share the joining of sums."""

    def __init__(self, sums: Sums, exchanges: Sequence[Exchange], words: ParameterWords = in_python) -> None:
        self._words = words
        self._sums, self._exchanges = _without_names(sums), tuple(exchanges)
        self._stated = sorted({one.context for one in self._sums}, key=str)
        self._joined: dict[object, Sequence[_JoinedSums]] = {}

    def cost(self, one: MarketOffering) -> SumCost:
        """What all of it costs there."""
        terms = Terms(one.rates, None, self._exchanges)
        costs = (
            cost_of(one.prices, joined.usage, joined.context, terms, has_several=joined.is_sum, words=self._words)
            for joined in self._join(one)
        )
        return added_costs(costs)

    def _join(self, one: MarketOffering) -> Sequence[_JoinedSums]:
        contexts = {stated: one.context(stated) for stated in self._stated}
        known = (tuple(contexts.values()), *one.divisions.marks)
        if known not in self._joined:
            self._joined[known] = self._made(contexts, one.divisions)
        return self._joined[known]

    def _made(self, contexts: Mapping[Context, Context], divisions: Divisions) -> Sequence[_JoinedSums]:
        found: dict[object, _JoinedSums] = {}
        for one in self._sums:
            usage, context, example = one.usage, contexts[one.context], one.usage.example.usage
            alike = (
                context,
                example.keys,
                divisions.side(example, is_sum=one.is_sum),
                divisions.clock(usage.example.at) if context.time_known else usage.example.at,
                told_apart(example),
                one.is_sum,
            )
            if alike in found:
                found[alike].usage.join(usage)
            else:
                found[alike] = _JoinedSums(replace(usage, leaves=[*usage.leaves]), context, one.is_sum)
        return list(found.values())


def _without_names(sums: Sums) -> list[_JoinedSums]:
    """The sums as one where they differ only by whose they are."""
    found: dict[object, _JoinedSums] = {}
    for key, usage in sums.items():
        alike = (key.asked.context, key.decisive, key.is_sum)
        if alike in found:
            found[alike].usage.join(usage)
        else:
            found[alike] = _JoinedSums(replace(usage, leaves=[*usage.leaves]), key.asked.context, key.is_sum)
    return list(found.values())
