"""How genai-prices resolves a price (its types.py: ModelInfo.get_prices), turned from a lookup into a timeline.

Conditional prices are tried last to first; each replaces all prices of the model. Variants lay single prices over
that, first to last. A meter that a later list leaves out is billed at its ancestor, as it is here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from llmpricing.domain.conditions import STANDARD, Conditions, Schedule, Step, sorted_extra
from llmpricing.domain.meters import METERS
from llmpricing.domain.observations import Basis
from llmpricing.sources.errors import EntryError
from llmpricing.sources.reading import clock
from llmpricing.sources.reading.fields import as_amount, as_condition, as_count, as_date, as_list, as_mapping
from llmpricing.sources.reading.timelines import ListRate, Rates

ZERO = Decimal(0)
# genai-prices' own rule for these two (types.py: ModelInfo.calc_price): each request counts at least ten seconds.
MINIMUM_BILLED = frozenset({("groq", "whisper-large-v3"), ("groq", "whisper-large-v3-turbo")})
MINIMUM_SECONDS = Decimal(10)
_TIER_KEYS = ("processing", "service_tier", "speed")
_UNITS = {
    "_mtok": "_tokens",
    "_hours": "_seconds",
    "_kpages": "_pages",
    "_mchars": "_characters",
    "_gpixels": "_pixels",
    "_kcount": "",
}

# A price with its context steps: ((step or None, rate), ...). Equal ladders are one price.
Ladder = tuple[tuple[Step | None, ListRate], ...]
Prices = Mapping[str, Ladder]
_NOT_OFFERED: Ladder = ((None, ListRate(None, METERS["output_tokens"].per)),)


def meter_of(price_key: str) -> str | None:
    """The meter that a price key such as ``input_mtok`` or ``web_searches_kcount`` prices, None if unknown."""
    for unit, counted in _UNITS.items():
        if price_key.endswith(unit):
            slug = price_key.removesuffix(unit) + counted
            return slug if slug in METERS else None
    return None


@dataclass(frozen=True)
class ConditionalPrices:
    """Prices, from a day on or inside a daily window (UTC minutes), or always; a variant asks for a context too."""

    prices: Prices
    start: date | None = None
    window: clock.Window | None = None
    when: Mapping[str, str] = field(default_factory=dict)

    def runs_on(self, day: date | None) -> bool:
        return self.start is None or (day is not None and self.start <= day)


@dataclass
class RuleReader:
    """Reads one model's price fields; unknown price keys are counted, not guessed."""

    unknown: Counter[str]
    minimum_seconds: Decimal | None = None

    def prices(self, value: object) -> Sequence[ConditionalPrices]:
        """The conditional prices in the source's order; a plain price object is one that always holds."""
        if isinstance(value, list):
            rules = [self._rule(as_mapping(item, "prices")) for item in value]
            return [rule for rule in rules if rule.window is None or rule.window[0] != rule.window[1]]
        return [ConditionalPrices(self._read(as_mapping(value or {}, "prices")))]

    def variants(self, entry: Mapping[str, Any]) -> Sequence[ConditionalPrices]:
        rules = []
        for item in as_list(entry.get("price_variants") or [], "price_variants"):
            variant = as_mapping(item, "price_variants")
            when = as_mapping(variant.get("when"), "when")
            if not when:
                raise EntryError("a price variant names no context")
            rules.append(
                self._rule(
                    variant, {as_condition(key, "when", ";=:"): as_condition(text, key) for key, text in when.items()}
                )
            )
        return rules

    def _rule(self, item: Mapping[str, Any], when: Mapping[str, str] | None = None) -> ConditionalPrices:
        prices = self._read(as_mapping(item.get("prices"), "prices"))
        constraint = item.get("constraint")
        if constraint is None:
            return ConditionalPrices(prices, when=when or {})
        constraint = as_mapping(constraint, "constraint")
        if "start_date" in constraint:
            return ConditionalPrices(prices, start=as_date(constraint["start_date"], "start_date"), when=when or {})
        bounds = [clock.utc_minute(constraint.get(name), name) for name in ("start_time", "end_time")]
        return ConditionalPrices(prices, window=(bounds[0], bounds[1]), when=when or {})

    def _read(self, prices: Mapping[str, Any]) -> Prices:
        found = {}
        for key, value in prices.items():
            if value is None:
                continue
            meter = meter_of(key)
            if meter is None:
                self.unknown[key] += 1
            else:
                found[meter] = self._ladder(meter, key, value)
        return found

    def _ladder(self, meter: str, key: str, value: object) -> Ladder:
        if not isinstance(value, dict):
            return ((None, self._rate(meter, key, value)),)
        steps: dict[Step | None, ListRate] = {None: self._rate(meter, key, value.get("base"))}
        for item in as_list(value.get("tiers"), key):
            tier = as_mapping(item, key)
            steps[_step(as_count(tier.get("start"), "start"))] = self._rate(meter, key, tier.get("price"))
        return tuple(steps.items())

    def _rate(self, meter: str, key: str, value: object) -> ListRate:
        amount, raw = as_amount(value, key)
        minimum = self.minimum_seconds if METERS[meter].family == "durations" else None
        return ListRate(amount, METERS[meter].per, raw, Basis.DOCUMENTED, minimum_quantity=minimum)


def _step(start: int) -> Step:
    """The library asks for more than ``start`` tokens; 199,999 is its way to write "from 200,000 on"."""
    return Step(start + 1, inclusive=True) if start % 1000 == 999 else Step(start)


def price_changes(
    standard: Sequence[ConditionalPrices], variants: Sequence[ConditionalPrices]
) -> Iterator[tuple[datetime | None, Rates]]:
    """Every moment at which a price may change, None (always) first, with all rates that hold from then on."""
    days = sorted({rule.start for rule in (*standard, *variants) if rule.start})
    contexts = {tuple(sorted(rule.when.items())): rule.when for rule in variants}
    for day in (None, *days):
        rates: dict[tuple[str, Conditions], ListRate] = {}
        _lay(rates, _split(_standard(standard, day)), {})
        for when in contexts.values():
            _lay(rates, _split(_overrides(variants, when, day)), when)
        yield (None if day is None else datetime.combine(day, time(), UTC)), rates


Cells = Sequence[tuple[clock.Window, Prices]]  # the day in pieces, each with the prices that hold in it


def _standard(rules: Sequence[ConditionalPrices], day: date | None) -> Cells:
    """Prices without a context: the last active rule; if none is active, the first of all."""
    active = [rule for rule in rules if rule.runs_on(day)]
    windows = [rule.window for rule in active if rule.window]
    found = []
    for piece in clock.cells(windows):
        holding = [rule for rule in active if rule.window is None or clock.holds(rule.window, piece[0])]
        prices = (holding or rules)[-1 if holding else 0].prices if rules else {}
        if "input_tokens" in prices and "output_tokens" not in prices:
            prices = {**prices, "output_tokens": _NOT_OFFERED}
        found.append((piece, prices))
    return found


def _overrides(rules: Sequence[ConditionalPrices], when: Mapping[str, str], day: date | None) -> Cells:
    """What the variants say in a context, each meter by the first of them that prices it."""
    active = [rule for rule in rules if rule.runs_on(day) and rule.when.items() <= when.items()]
    found = []
    for piece in clock.cells([rule.window for rule in active if rule.window]):
        prices: dict[str, Ladder] = {}
        for rule in active:
            if rule.window is None or clock.holds(rule.window, piece[0]):
                prices = {**rule.prices, **prices}
        found.append((piece, prices))
    return found


def _split(cells: Cells) -> Mapping[tuple[str, Schedule | None], Ladder]:
    """Per meter: the price of most of the day, and the others on a schedule. A meter that has no price for a part
    of the day has schedules only, so that its ancestor's price counts outside them."""
    if len(cells) == 1:
        return {(meter, None): ladder for meter, ladder in cells[0][1].items()}
    found: dict[tuple[str, Schedule | None], Ladder] = {}
    for meter in {meter: None for _, prices in cells for meter in prices}:
        pieces: dict[Ladder | None, list[clock.Window]] = {}
        for piece, prices in cells:
            pieces.setdefault(prices.get(meter), []).append(piece)
        longest = max(pieces, key=lambda ladder: sum(end - start for start, end in pieces[ladder]))
        for ladder, held in pieces.items():
            if ladder is not None:
                always = None not in pieces and ladder == longest
                schedule = None if always else Schedule("UTC", clock.joined(held))
                found[meter, schedule] = ladder
    return found


def _lay(
    rates: dict[tuple[str, Conditions], ListRate],
    prices: Mapping[tuple[str, Schedule | None], Ladder],
    when: Mapping[str, str],
) -> None:
    tier, extra = _context(when)
    for (meter, schedule), ladder in prices.items():
        for step, rate in ladder:
            rates.setdefault((meter, Conditions(tier, "", step, schedule, extra)), rate)


def _context(when: Mapping[str, str]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A variant's context as service tier and further conditions. ``default`` is the name of the standard tier."""
    tier = STANDARD
    extra = {}
    for key, value in when.items():
        if key not in _TIER_KEYS:
            extra[key] = value
        elif value != "default":
            if tier == STANDARD:
                tier = value
            else:
                extra[key] = value
    return tier, sorted_extra(extra)
