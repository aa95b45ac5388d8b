"""What records that state no seller would cost at the other sellers of their models, summed first."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from llmpricing.domain.names.labs import lab_of
from llmpricing.domain.names.providers import NAMED_BY_CUSTOMERS
from llmpricing.domain.quotes.charges import WIDE, money
from llmpricing.domain.quotes.contract_rates import Terms
from llmpricing.domain.quotes.linear import turns
from llmpricing.domain.quotes.places import GLOBAL
from llmpricing.domain.quotes.usage_sums import UsageSum, at_one_time, cost_of, is_summable
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import Reads
from llmpricing.services.quotes.terms import terms_at
from llmpricing.services.usage_log.audit.effects import PROVIDER_FACT, Otherwise, OtherwiseEffect
from llmpricing.services.usage_log.audit.verdicts import Audited
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from llmpricing.services.usage_log.price_lookup import FoundPrices
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.sums.log_sums import AskedName, Divisions, LogSums, SumKey

_PLACES = (GLOBAL, "us")  # one where a request may run anywhere, and one of one's own
_MOST_KINDS = 20_000  # of requests that prices treat alike; beyond these no more are compared


@dataclass
class _AskedSellers:
    """Whose prices a name pays, and those it would pay elsewhere, by what states the seller on the command line."""

    own: FoundPrices
    others: dict[Otherwise, FoundPrices]
    divisions: Divisions = field(init=False)
    bounds: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        found = [self.own, *self.others.values()]
        self.divisions = Divisions(one.prices for one in found)
        self.bounds = sorted({bound for one in found for bound in turns(one.prices, one.rates, ())})


class UnstatedSellers:
    """The records that leave their seller to their model's name, collected in any order."""

    def __init__(self, reads: Reads, pricer: LogPricer) -> None:
        self._pricer, self._names = pricer, names_of(reads, pricer.known)
        self._terms = terms_at(reads, pricer.known.book, pricer.recorded)
        self._asked: dict[AskedName, _AskedSellers | None] = {}
        self._sums = LogSums()

    def count(self, one: Audited) -> None:
        """Add a record, if it is billed, leaves its seller out, and others sell its model."""
        record, kind = one.priced.record, one.priced.outcome.kind
        if record.provider or one.cost is None or kind is not OutcomeKind.BILLED or record.at is None:
            return
        if record.usage is None or not is_summable(record.usage):
            return
        asked = AskedName(record.model, None, record.context)
        if asked not in self._asked:
            self._asked[asked] = self._sellers(record, one.priced.answer.offering, record.at)
        sellers = self._asked[asked]
        if sellers is not None and len(self._sums.sums) < _MOST_KINDS:
            self._sums.add(record, sellers.divisions, (bisect_right(sellers.bounds, record.at),))

    def effects(self) -> dict[Otherwise, OtherwiseEffect]:
        """What the records cost, and would cost at a seller, by what states that seller, where the two differ."""
        found: dict[Otherwise, OtherwiseEffect] = {}
        for key, used in self._sums.sums.items():
            sellers = self._asked[key.asked]
            assert sellers is not None  # noqa: S101 - only such are summed
            cost = self._cost(sellers.own, used, key)
            for seller, there in sellers.others.items():
                other = None if cost is None else self._cost(there, used, key)
                if cost is not None and other is not None:
                    _add(found.setdefault(seller, OtherwiseEffect()), used.records, cost, other)
        return {one: effect for one, effect in found.items() if effect.cost != effect.there}

    def _sellers(self, record: UsageRecord, slug: str, at: datetime) -> _AskedSellers | None:
        """Who else may be meant by the record's name; None where it names its seller, or nobody else sells it. Where it
        means the maker, that is a cloud: of those who sell on what makers sell, a log tells the seller.
        """
        own = self._names.offerings[slug]
        if record.model.partition("/")[0].casefold() == own.provider:
            return None
        alike = self._names.same_model(slug, self._pricer.recorded)
        others: dict[Otherwise, FoundPrices] = {}
        providers = {one.provider for one in alike} - {own.provider}
        if lab_of(own.api_id.rpartition("/")[2]) == own.provider:
            providers &= NAMED_BY_CUSTOMERS
        for provider in sorted(providers):
            others.update(self._there(record, provider, at))
        here = self._pricer.found(record.model, None, record.context, at)
        return _AskedSellers(here, others) if others else None

    def _there(self, record: UsageRecord, provider: str, at: datetime) -> Iterator[tuple[Otherwise, FoundPrices]]:
        """The prices at a seller, by what states it; at each kind of place, where they differ and none is usual."""
        found = self._pricer.found(record.model, provider, record.context, at)
        if found.prices.offering.partition("/")[0] != provider:
            return
        if not found.is_one_of_several:
            yield Otherwise(PROVIDER_FACT, provider), found
            return
        for region in _PLACES:
            in_place = self._pricer.found(record.model, provider, record.context._replace(region=region), at)
            if not in_place.is_one_of_several:
                yield Otherwise(PROVIDER_FACT, provider, region), in_place

    def _cost(self, found: FoundPrices, used: UsageSum, key: SumKey) -> Fraction | None:
        at = used.example.at
        rates = tuple(rate for rate in found.rates if rate.valid_at(at))
        terms = Terms(rates, None, self._terms.exchanges(at))
        prices = at_one_time(found.prices, at)
        return cost_of(prices, used, found.context, terms, has_several=key.is_sum).total


def _add(effect: OtherwiseEffect, records: int, cost: Fraction, there: Fraction) -> None:
    effect.records += records
    effect.cost = WIDE.add(effect.cost, _usd(cost))
    effect.there = WIDE.add(effect.there, _usd(there))


def _usd(units: Fraction) -> Decimal:
    return money(round(units))
