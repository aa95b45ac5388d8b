"""What else a record might come to: without its cache, in another place, by another step, hour or day of its sum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from llmpricing.domain.meters import METERS
from llmpricing.domain.quotes.charges import WIDE, money
from llmpricing.domain.quotes.context import ContextError
from llmpricing.domain.quotes.linear import Linear
from llmpricing.domain.quotes.mistakes.audited_use import AuditedUse, ChangedPrices
from llmpricing.domain.quotes.mistakes.explaining import Costed
from llmpricing.domain.quotes.unit_rates import PriceDataError
from llmpricing.domain.quotes.unstated import moments_until
from llmpricing.domain.times import within_calendar
from llmpricing.services.usage_log.audit.alike import MistakesAsSums, traced_sums
from llmpricing.services.usage_log.audit.uses import AuditedUses, is_alike
from llmpricing.services.usage_log.bill import PricedRecord
from llmpricing.services.usage_log.formats.record import REPEAT_UNTOLD, UsageRecord
from llmpricing.services.usage_log.kinds import PricedKind

_MOST_KINDS = 10_000
PROVIDER_FACT, REGION_FACT, TIER_FACT = "provider", "region", "tier"
ALL_INPUT = "all of the input"
_MEDIA = ("input_audio_tokens", "input_image_tokens", "input_video_tokens")


class Otherwise(NamedTuple):
    """A fact that a record leaves out, and a value that it may have besides the usual one; of a seller with several
    kinds of places, in which ``region``.
    """

    fact: str
    value: str
    region: str | None = None

    @property
    def said(self) -> str:
        """The value, and where."""
        return f"{self.value} in {self.region}" if self.region else self.value


UNCACHED = Otherwise("cache", "none of it")
REPEAT = Otherwise(REPEAT_UNTOLD, "others tell the same again")
_NOTHING_ELSE: Mapping[Otherwise, Decimal] = MappingProxyType({})


class Effects(NamedTuple):
    """In USD: what caching ``saved``, between what a sum of requests costs where single ones may pay by another step,
    hour or day, and what a request costs ``otherwise`` that states no place or tier, by each that has a price of its
    own, or of which is untold what was cached.
    """

    saved: Decimal = Decimal(0)
    low: Decimal | None = None
    high: Decimal | None = None
    otherwise: Mapping[Otherwise, Decimal] = _NOTHING_ELSE


NO_EFFECTS = Effects()


@dataclass(frozen=True)
class _KindEffects:
    kind: PricedKind
    otherwise: Sequence[tuple[Otherwise, Linear]] | None


class WhatElse:
    """Works out effects; what prices an offering has is looked up once."""

    def __init__(self, uses: AuditedUses, *, one_by_one: bool = False) -> None:
        self._uses, self._one_by_one = uses, one_by_one
        self._alike: dict[int, _KindEffects] = {}  # by the identity of the kind, which is held in it
        self._known: dict[str, ChangedPrices] = {}

    def of(self, priced: PricedRecord, cost: Decimal, *, with_saving: bool) -> Effects:
        """What else the record might cost."""
        record, offering = priced.record, priced.answer.offering
        is_cached = with_saving and has_cache(record)
        found = None if is_cached or record.untold or self._one_by_one else self.of_kind(priced)
        if found is not None and record.usage is not None:
            leaves = record.usage.leaves
            return Effects(otherwise={other: money(linear.units(leaves)) for other, linear in found})
        known = self._known.get(offering)
        if known and not (is_cached or _has_others(known) or record.untold or _may_differ_within(known, record)):
            return NO_EFFECTS
        use = self._uses.use(record)
        if use is None:
            return NO_EFFECTS
        self._known[offering] = use.prices
        saved = _saved(use, cost) if is_cached else Decimal(0)
        low, high = (None, None) if record.span is None else _bounds(use, record.span, cost)
        return Effects(saved, low, high, {**dict(_otherwise(use)), **_amounts(_told(use, record.untold))})

    def of_untold(self, priced: PricedRecord, *, with_saving: bool) -> MistakesAsSums | None:
        """What requests like this one cost by what is untold of them, and ``with_saving`` UNCACHED, as sums of counts;
        None where each by itself can tell.
        """
        record = priced.record
        is_uncached = with_saving and has_cache(record)

        def amounts(use: AuditedUse) -> list[Costed]:
            return [*_told(use, record.untold), *(_uncached(use) if is_uncached else ())]

        use = self._uses.use(record)
        return traced_sums(use, amounts) if use else None

    def of_kind(self, priced: PricedRecord) -> Sequence[tuple[Otherwise, Linear]] | None:
        """What else requests like this one may cost, but for what is untold; None where each by itself can tell."""
        kind = priced.kind
        if kind is None or not is_alike(priced.record):
            return None
        known = self._alike.get(id(kind))
        if known is None:
            if len(self._alike) >= _MOST_KINDS:
                self._alike.clear()
            use = self._uses.use(priced.record)
            known = self._alike[id(kind)] = _KindEffects(kind, _linear_ones(use) if use else ())
        return known.otherwise


def has_cache(record: UsageRecord) -> bool:
    """Whether the record read from a cache or wrote to one."""
    return record.usage is not None and any(
        meter.startswith("cache_") and n for meter, n in record.usage.stated.items()
    )


def _saved(use: AuditedUse, cost: Decimal) -> Decimal:
    """What it would cost if all that was cached were plain input, less what it costs."""
    return next((WIDE.subtract(money(one.units), cost) for one in _uncached(use)), Decimal(0))


def _uncached(use: AuditedUse) -> Iterator[Costed]:
    """What it would cost then, if that has a price."""
    kept = {
        meter: quantity
        for meter, quantity in use.usage.stated.items()
        if not METERS[meter].dimensions.get("token_type", "").startswith("cache")
    }
    without = use.counted(kept)
    if without is not None and (units := without.units()) is not None:
        yield Costed(UNCACHED.fact, UNCACHED.value, units)


def _has_others(prices: ChangedPrices) -> bool:
    return bool(prices.prices.regions or prices.offered_tiers)


def _may_differ_within(prices: ChangedPrices, record: UsageRecord) -> bool:
    """Whether requests that a record sums up may pay by several prices."""
    if record.span is None or record.at is None:
        return False
    bounds, at, span = prices.prices.bounds, record.at, record.span
    return bool(prices.steps) or prices.prices.has_clock or any(timedelta(0) < bound - at < span for bound in bounds)


def uses_within(use: AuditedUse, span: timedelta) -> Iterator[AuditedUse]:
    """A sum of requests if all lie on one side of a step on which they may lie, and were made at one time of a span at
    which a price of its own holds; nothing where all pay by one price.
    """
    inputs = use.usage.sides(use.prices.steps) or (use.usage.request_input,)
    start = within_calendar(use.at, span.days + 10)
    times = moments_until(use.prices.prices, start, start + span)
    for at in times if len(times) * len(inputs) > 1 else ():
        yield from (use._replace(at=at, usage=use.usage._replace(request_input=each)) for each in inputs)


def _bounds(use: AuditedUse, span: timedelta, cost: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """The cost of a sum of requests if all pay by one of the prices that they may pay by, least and most."""
    sums = [one.units() for one in uses_within(use, span)]
    if not sums:
        return None, None
    found = [cost, *(money(one) for one in sums if one is not None)]
    return min(found), max(found)


def _otherwise(use: AuditedUse) -> Iterator[tuple[Otherwise, Decimal]]:
    """What it costs at each place and in each tier that it may be of, where it states none."""
    for other, there in _others(use):
        if (units := there.units()) is not None:
            yield other, money(units)


def _amounts(found: Iterable[Costed]) -> Mapping[Otherwise, Decimal]:
    return {Otherwise(one.name, one.detail): money(one.units) for one in found}


def _told(use: AuditedUse, untold: Sequence[str]) -> Iterator[Costed]:
    """What it costs if all of the input that is not cached otherwise was of a meter that nothing is told of; or if
    others tell the same again.
    """
    apart = sum(use.stated(meter) for meter in ("cache_read_tokens", "cache_write_tokens", *_MEDIA))
    for meter in untold:
        if meter == REPEAT_UNTOLD:
            yield Costed(*REPEAT[:2], 0)
            continue
        rest = use.stated(meter) + max(0, use.stated("input_tokens") - apart)
        split = {"cache_write_5m_tokens": rest} if meter == "cache_write_tokens" else {}
        there = use.counted({**use.usage.stated, meter: rest, **split})
        if there is not None and (units := there.units()) is not None:
            yield Costed(meter.replace("_", " "), ALL_INPUT, units)


def _others(use: AuditedUse) -> Iterator[tuple[Otherwise, AuditedUse]]:
    if not use.region:
        for region in sorted(use.prices.prices.regions):
            yield Otherwise(REGION_FACT, region), use._replace(context=use.context._replace(region=region))
    if not (use.context.service_tier or use.usage.service_tier):
        for tier in (one for one in use.prices.offered_tiers if one not in use.context.ruled_out):
            yield Otherwise(TIER_FACT, tier), use._replace(context=use.context._replace(service_tier=tier))


def _linear_ones(use: AuditedUse) -> Sequence[tuple[Otherwise, Linear]] | None:
    """The same for all uses of its kind; None where only each by itself can tell."""
    found = []
    for other, there in _others(use):
        try:
            kind = there.kind()
        except (ContextError, PriceDataError):
            continue
        if kind.linear is None and not kind.refused:
            return None
        if kind.linear is not None:
            found.append((other, kind.linear))
    return found


@dataclass
class OtherwiseEffect:
    """Records that leave a fact out of which one value has prices of its own: what they cost, and would cost there."""

    records: int = 0
    cost: Decimal = Decimal(0)
    there: Decimal = Decimal(0)


@dataclass
class EffectSums:
    """The effects of all records; ``low`` and ``high`` are those of their whole cost."""

    saved: Decimal = Decimal(0)
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    otherwise: dict[Otherwise, OtherwiseEffect] = field(default_factory=dict)

    def add_plain(self, cost: Decimal) -> None:
        """Add records that cost this together and lie across no step, but for what else they might cost."""
        self.low = WIDE.add(self.low, cost)
        self.high = WIDE.add(self.high, cost)

    def add_saved(self, saved: Decimal) -> None:
        """Add what caching saved of some records."""
        self.saved = WIDE.add(self.saved, saved)

    def add_otherwise(self, other: Otherwise, records: int, cost: Decimal, there: Decimal) -> None:
        """Add records that cost this together, and would cost something else there."""
        found = self.otherwise.setdefault(other, OtherwiseEffect())
        found.records += records
        found.cost = WIDE.add(found.cost, cost)
        found.there = WIDE.add(found.there, there)

    def count(self, effects: Effects, cost: Decimal) -> None:
        """Add a record that costs so much."""
        self.saved = WIDE.add(self.saved, effects.saved)
        self.low = WIDE.add(self.low, cost if effects.low is None else effects.low)
        self.high = WIDE.add(self.high, cost if effects.high is None else effects.high)
        for other, there in effects.otherwise.items():
            if there != cost:
                self.add_otherwise(other, 1, cost, there)
