"""genai-prices' price fields: prices with context steps, from a day on or inside a daily window, and variants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from llmpricing.domain.conditions import Step
from llmpricing.domain.meters import METERS
from llmpricing.domain.money import to_text
from llmpricing.domain.observations import Basis
from llmpricing.sources.errors import EntryError
from llmpricing.sources.reading import clock
from llmpricing.sources.reading.fields import as_amount, as_condition, as_count, as_date, as_list, as_mapping
from llmpricing.sources.reading.timelines import ListRate, ListRates, Rates

ZERO = Decimal(0)
# genai-prices' own rule for these two (types.py: ModelInfo.calc_price): each request counts at least ten seconds.
MINIMUM_BILLED = frozenset({("groq", "whisper-large-v3"), ("groq", "whisper-large-v3-turbo")})
MINIMUM_SECONDS = Decimal(10)
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
PriceLadders = Mapping[str, Ladder]


def with_whole_cache_writes(rates: Rates) -> ListRates:
    """OpenRouter's cache writes below input are what is asked on top of it: five minutes of the seller's storage. So a
    write costs both, at every step of the input.
    """
    found = dict(rates)
    for (meter, when), write in rates.items():
        plain = rates.get(("input_tokens", when)) or rates.get(("input_tokens", replace(when, step=None)))
        if meter != "cache_write_tokens" or not write.amount or not plain or not plain.amount:
            continue
        if write.amount < plain.amount:
            found[meter, when] = _on_top(write, plain)
            found |= {
                (meter, at): _on_top(write, stepped)
                for (name, at), stepped in rates.items()
                if name == "input_tokens" and at.step and replace(at, step=None) == when and (meter, at) not in rates
            }
    return found


def _on_top(write: ListRate, plain: ListRate) -> ListRate:
    assert write.amount is not None and plain.amount is not None  # noqa: S101, PT018 - the caller looked
    whole = write.amount + plain.amount
    return replace(write, amount=whole, raw=f"{to_text(write.amount)} + {to_text(plain.amount)}")


def meter_of(price_key: str) -> str | None:
    """The meter that a price key such as ``input_mtok`` or ``web_searches_kcount`` prices, None if unknown."""
    for unit, counted in _UNITS.items():
        if price_key.endswith(unit):
            slug = price_key.removesuffix(unit) + counted
            return slug if slug in METERS else None
    return None


def key_of(meter: str) -> str:
    """The price key of a meter, for as many units as ``METERS`` states its prices."""
    unit, counted = next((unit, counted) for unit, counted in _UNITS.items() if meter.endswith(counted))
    return (meter.removesuffix(counted) if counted else meter) + unit


def start_of(step: Step) -> int:
    """The bound of a step as genai-prices writes it, which asks for more than that many tokens."""
    return step.above - 1 if step.inclusive else step.above


@dataclass(frozen=True)
class ConditionalPrices:
    """Prices, from a day on or inside a daily window (UTC minutes), or always; a variant asks for a context too."""

    prices: PriceLadders
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

    def _read(self, prices: Mapping[str, Any]) -> PriceLadders:
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
