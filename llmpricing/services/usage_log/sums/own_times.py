"""What a log would have cost at every offering that can serve it, each record at the prices of its own time."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import Reads
from llmpricing.services.quotes.compiled_prices import prices_of
from llmpricing.services.quotes.terms import terms_at
from llmpricing.services.usage_log.bill import Bill, PricedRecord, billed, priced_records
from llmpricing.services.usage_log.formats.record import UsageRecord
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.sums.elsewhere import Elsewhere, ElsewhereLog, RefusedOffering, ranked
from llmpricing.services.usage_log.sums.elsewhere_costs import ElsewhereCost, together
from llmpricing.services.usage_log.sums.market import TodaysMarket
from llmpricing.services.usage_log.sums.needs import Wanted


class OwnTimesLog:
    """A log whose records are priced elsewhere by what held when each was used: between two changes of any price, of a
    contract rate or of an exchange rate all are summed as they are for one time.
    """

    def __init__(self, reads: Reads, pricer: LogPricer) -> None:
        self._reads, self._pricer = reads, pricer
        self._terms = terms_at(reads, pricer.known.book, pricer.recorded)
        self._changes = sorted(set(_changes(reads, pricer)))
        self._logs: dict[object, ElsewhereLog] = {}

    def priced(
        self, records: Iterable[UsageRecord], wanted: Wanted, progress: Callable[[int], None] = lambda rows: None
    ) -> Elsewhere:
        """The log at every offering that can serve all of it and has what is ``wanted``; raises LogError."""
        bill = billed(priced_records(self._pricer, records), progress, self.add)
        return _joined(bill, [log.found(Bill(), wanted) for log in self._logs.values()])

    def add(self, one: PricedRecord) -> None:
        """Add a record, if it is billed and has a price."""
        at = one.record.at
        if at is None or one.cost is None:
            return
        stretch = (bisect_right(self._changes, at), self._terms.exchanges(at))
        if stretch not in self._logs:
            market = TodaysMarket(self._reads, self._pricer, at)
            self._logs[stretch] = ElsewhereLog(self._reads, self._pricer, market)
        self._logs[stretch].add(one)


def _changes(reads: Reads, pricer: LogPricer) -> Iterator[datetime]:
    """When any price or contract rate begins or ends."""
    numbers = {one.id: one.slug for one in names_of(reads, pricer.known).offerings.values()}
    for prices in prices_of(reads, pricer.known, pricer.recorded, numbers).values():
        for price in prices.prices:
            yield from (bound for bound in (price.valid_from, price.valid_until) if bound)
    for agreed in terms_at(reads, pricer.known.book, pricer.recorded).contracts:
        yield from (bound for bound in (agreed.rate.valid_from, agreed.rate.valid_until) if bound)


def _joined(bill: Bill, parts: Sequence[Elsewhere]) -> Elsewhere:
    """The parts of a log as one: an offering serves all of it that serves each part."""
    parts = [part for part in parts if part.records]
    found = Elsewhere(bill, sum(part.records for part in parts))
    if not parts:
        return found
    able = [{one.offering: one for one in (*part.costs, *part.free, *part.unpriced)} for part in parts]
    for slug in set.intersection(*map(set, able)):
        ranked(found, _sum(slug, [costs[slug] for costs in able]))
    found.refused = _refused(parts, able)
    for slug in dict.fromkeys(one.offering for part in parts for one in part.own):
        own = [(part, one) for part in parts for one in part.own if one.offering == slug]
        found.own.append(_sum(slug, [one for _, one in own]))
        alike = [{one.offering: one for one in part.same_model.get(slug, [])} for part, _ in own]
        sellers = [_sum(name, [costs[name] for costs in alike]) for name in set.intersection(*map(set, alike))]
        if sellers:
            found.same_model[slug] = sellers
    found.today = together("", found.own)
    found.put_in_order()
    return found


def _sum(slug: str, costs: Sequence[ElsewhereCost]) -> ElsewhereCost:
    return together(slug, costs) or ElsewhereCost(slug, Decimal(0), Decimal(0), Decimal(0), "", None)


def _refused(parts: Sequence[Elsewhere], able: Sequence[dict[str, ElsewhereCost]]) -> list[RefusedOffering]:
    """What cannot serve some part, with all the records that it cannot and why not most of them."""
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for part in parts:
        for one in part.refused:
            reasons[one.offering][one.reason] += one.records
    for part, costs in zip(parts, able, strict=True):
        known = costs.keys() | {one.offering for one in part.refused}
        for slug in {slug for other in able for slug in other} - known:
            reasons[slug]["it has no price at that time"] += part.records
    return [
        RefusedOffering(slug, counted.most_common(1)[0][0], sum(counted.values())) for slug, counted in reasons.items()
    ]
