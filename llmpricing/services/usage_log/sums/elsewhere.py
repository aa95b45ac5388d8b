"""What a log would have cost at every offering that can serve it, at the prices of today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from llmpricing.domain.quotes.context import Context
from llmpricing.domain.quotes.usage_sums import UsageSum
from llmpricing.domain.usage.quantities import Usage
from llmpricing.services.names.resolving import names_of
from llmpricing.services.price_book import Reads
from llmpricing.services.usage_log.bill import Bill, PricedRecord, billed, priced_records
from llmpricing.services.usage_log.formats.file_reader import ReadBatch
from llmpricing.services.usage_log.formats.record import OutcomeKind, UsageRecord
from llmpricing.services.usage_log.priced_columns import PricedColumns, billed_batches, priced_batches
from llmpricing.services.usage_log.pricer import LogPricer
from llmpricing.services.usage_log.sums.comparable import ComparedElsewhere, comparison
from llmpricing.services.usage_log.sums.elsewhere_costs import ElsewhereCost, by_cost, together, told_cost
from llmpricing.services.usage_log.sums.log_sums import LogSums, SumKey
from llmpricing.services.usage_log.sums.market import MarketOffering, SumPricer, TodaysMarket
from llmpricing.services.usage_log.sums.needs import (
    LogNeeds,
    NeededKind,
    NeededRoom,
    Needs,
    RequestSizes,
    Wanted,
    kind_of_offering,
    modalities,
)


@dataclass(frozen=True)
class RefusedOffering:
    """An offering that cannot serve so many of the records, and why not most of them."""

    offering: str
    reason: str
    records: int


@dataclass
class Elsewhere:
    """A log of so many ``records`` with a price, and where else it could have run. ``today`` is what it costs where it
    ran, at today's prices; ``same_model`` by own offering what its part costs at sellers of the same model, ``costs``
    what all of it costs at one offering, the cheapest first, behind all totals what has only a low bound. What has
    neither is ``unpriced``; what asks nothing for it is ``free``, and no choice beside the others: such offers are
    limited, in ways that no price tells.
    """

    bill: Bill
    records: int = 0
    today: ElsewhereCost | None = None
    own: list[ElsewhereCost] = field(default_factory=list)
    same_model: dict[str, list[ElsewhereCost]] = field(default_factory=dict)
    costs: list[ElsewhereCost] = field(default_factory=list)
    unpriced: list[ElsewhereCost] = field(default_factory=list)
    free: list[ElsewhereCost] = field(default_factory=list)
    refused: list[RefusedOffering] = field(default_factory=list)
    compared: ComparedElsewhere | None = None

    @property
    def comparable(self) -> list[ElsewhereCost]:
        """Those of ``costs`` at offerings that can take the place of what most of the money goes to."""
        return [one for one in self.costs if self.compared and one.offering in self.compared.offerings]

    def models(self) -> list[list[ElsewhereCost]]:
        """The same, those of one model together, the model that is cheapest somewhere first."""
        found: dict[int, list[ElsewhereCost]] = {}
        for one in self.comparable:
            assert self.compared is not None  # noqa: S101 - nothing compares with nothing
            found.setdefault(self.compared.models[one.offering], []).append(one)
        return list(found.values())

    def compare(self, reads: Reads, pricer: LogPricer, now: datetime) -> Elsewhere:
        """Tell which offerings compare with the dearest own one, by what is known of models ``now``; returns itself."""
        self.compared = comparison(reads, pricer, now, self.own[0].offering) if self.own and self.costs else None
        return self

    def put_in_order(self) -> None:
        """Own offerings by what they cost, the others the cheapest first."""
        self.own.sort(key=lambda one: (-(one.total or one.low or 0), one.offering))
        for costs in (self.costs, self.free, self.unpriced, *self.same_model.values()):
            costs.sort(key=by_cost)
        self.refused.sort(key=lambda one: (one.records, one.offering))


class ElsewhereLog:
    """A log that is priced elsewhere; its ``records`` are looked at once."""

    def __init__(self, reads: Reads, pricer: LogPricer, market: TodaysMarket) -> None:
        self._pricer, self._names, self._market = pricer, names_of(reads, pricer.known), market
        facts = [one.facts for one in self._market.offerings.values()]
        self._windows = RequestSizes(one.context_window for one in facts)
        self._outputs = RequestSizes(one.max_output_tokens for one in facts)
        self._sums = LogSums()
        self._alike: dict[
            tuple[object, ...], tuple[UsageSum, tuple[str, ...]]
        ] = {}  # those of columns, by what decides
        self._contexts: dict[tuple[str, str | None, Context], Context] = {}

    def priced(
        self, records: Iterable[UsageRecord], wanted: Wanted, progress: Callable[[int], None] = lambda rows: None
    ) -> Elsewhere:
        """The log at every offering that can serve it and has what is ``wanted``; raises LogError."""
        return self.found(billed(priced_records(self._pricer, records), progress, self.add), wanted)

    def of_batches(
        self, batches: Iterable[ReadBatch], wanted: Wanted, progress: Callable[[int], None] = lambda rows: None
    ) -> Elsewhere:
        """The same of records that were read together; raises LogError."""
        priced = priced_batches(self._pricer, batches)
        return self.found(billed_batches(priced, progress, self.add, self.add_columns), wanted)

    def found(self, bill: Bill, wanted: Wanted, each: Callable[[], None] = lambda: None) -> Elsewhere:
        """The same of the records that were added already, whose bill this is; ``each`` is called at each offering, and
        may raise to end it.
        """
        found = Elsewhere(bill)
        sums = self._sums.sums
        if not sums:
            return found
        found.records = sum(one.records for one in sums.values())
        self._own(found)
        pricer = SumPricer(sums, self._market.exchanges, self._pricer.words)
        needs = _needs(sums)
        for slug, one in self._market.offerings.items():
            each()
            if refusal := self._refusal(one, needs, wanted):
                found.refused.append(refusal)
            else:
                ranked(found, told_cost(slug, one, pricer.cost(one)))
        found.put_in_order()
        return found

    def add(self, one: PricedRecord) -> None:
        """Add a record, if it is billed and has a price."""
        usage = one.record.usage
        if one.cost is not None and one.outcome.kind is OutcomeKind.BILLED and one.record.at and usage is not None:
            self._sum(one, one.record.at, usage).add(usage)

    def add_columns(self, many: PricedColumns) -> None:
        """Add all records of columns: what is alike to all offerings is summed first."""
        counted = many.counted
        made = np.maximum(many.stated("output_tokens"), 0)
        room, most = self._windows.places(counted.request_input + made), self._outputs.places(made)
        is_plain = ~counted.odd & (room < self._windows.size) & (most < self._outputs.size)
        clock, clocks = self._market.divisions.clocks(many.at)
        side = self._market.divisions.sides(counted.request_input)
        sizes = (self._windows.size + 1, self._outputs.size + 1, len(self._market.divisions.steps) + 1, clocks)
        decisive = (room, most, side, clock)
        for place in np.flatnonzero(many.has_price & ~is_plain).tolist():
            self.add(many.record(place))
        rows = np.flatnonzero(many.has_price & is_plain)
        for alike in many.alike([*many.parts, *zip(decisive, sizes, strict=True)], rows):
            key = (*many.told(alike.first), *(int(codes[alike.first]) for codes in decisive))
            if key not in self._alike:
                one = many.record(alike.first)
                usage, at = one.record.usage, one.record.at
                assert usage is not None and at is not None  # noqa: S101, PT018 - what is priced states both
                self._alike[key] = self._sum(one, at, usage), usage.keys
            found, meters = self._alike[key]
            found.add_many([alike.shares[meter] for meter in meters], alike.records)

    def _sum(self, one: PricedRecord, at: datetime, usage: Usage) -> UsageSum:
        """The sum that a record with a price belongs to."""
        own = self._market.offerings.get(one.answer.offering)
        made = int(usage.stated.get("output_tokens", 0)) // usage.requests
        kind = NeededKind(
            kind_of_offering(own.facts if own else None), modalities(usage, "input"), modalities(usage, "output")
        )
        room = NeededRoom(self._windows.fitting(int(usage.request_input) + made), self._outputs.fitting(made))
        group = (one.answer.offering, Needs(kind, room))
        return self._sums.of(self._placed(one.record, at), self._market.divisions, group)

    def _placed(self, record: UsageRecord, at: datetime) -> UsageRecord:
        """The record with the place that its model's name says."""
        key = (record.model, record.provider, record.context)
        if key not in self._contexts:
            self._contexts[key] = self._pricer.found(record.model, record.provider, record.context, at).context
        known = self._contexts[key]
        return record if known == record.context else replace(record, context=known)

    def _own(self, found: Elsewhere) -> None:
        """What each model of the log costs today where it ran, and at other sellers of it."""
        parts: dict[str, dict[SumKey, UsageSum]] = defaultdict(dict)
        for key, usage in self._sums.sums.items():
            parts[key.group[0]][key] = usage
        for slug, sums in parts.items():
            pricer, needs = SumPricer(sums, self._market.exchanges, self._pricer.words), _needs(sums)
            if (own := self._market.offerings.get(slug)) is not None:
                found.own.append(told_cost(slug, own, pricer.cost(own)))
            alike = (
                self._market.offerings.get(one.slug) for one in self._names.same_model(slug, self._pricer.recorded)
            )
            able = [one for one in alike if one and one is not own and not self._refusal(one, needs, Wanted())]
            if costs := [told_cost(one.facts.slug, one, pricer.cost(one)) for one in able]:
                found.same_model[slug] = costs
        found.today = together("", found.own)

    def _refusal(self, one: MarketOffering, needs: LogNeeds, wanted: Wanted) -> RefusedOffering | None:
        if one.facts.is_retired(self._market.now.date()):
            return RefusedOffering(one.facts.slug, "it is retired", needs.records)
        if reason := wanted.lacking(one.facts):
            return RefusedOffering(one.facts.slug, reason, needs.records)
        if reasons := needs.lacking(one.facts, one.prices):
            return RefusedOffering(one.facts.slug, reasons.most_common(1)[0][0], sum(reasons.values()))
        return None


def _needs(sums: Mapping[SumKey, UsageSum]) -> LogNeeds:
    return LogNeeds((key.group[1], usage.records) for key, usage in sums.items())


def ranked(found: Elsewhere, cost: ElsewhereCost) -> None:
    """Put the cost of all of the log at one offering where it belongs."""
    (found.costs if cost.is_ranked else found.unpriced if cost.total is None else found.free).append(cost)
