"""How genai-prices resolves a price (its types.py: ModelInfo.get_prices), turned from a lookup into a timeline.

Conditional prices are tried last to first; each replaces all prices of the model. Variants lay single prices over
that, first to last. A meter that a later list leaves out is billed at its ancestor, as it is here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time

from llmpricing.domain.conditions import STANDARD, Conditions, Schedule, sorted_extra
from llmpricing.domain.meters import METERS
from llmpricing.sources.genai_prices.rules import ConditionalPrices, Ladder, PriceLadders
from llmpricing.sources.reading import clock
from llmpricing.sources.reading.timelines import ListRate, Rates

_TIER_KEYS = ("processing", "service_tier", "speed")
_NOT_OFFERED: Ladder = ((None, ListRate(None, METERS["output_tokens"].per)),)


def price_changes(
    standard: Sequence[ConditionalPrices], variants: Sequence[ConditionalPrices]
) -> Iterator[tuple[datetime | None, Rates]]:
    """Every time at which a price may change, None (always) first, with all rates that hold from then on."""
    days = sorted({rule.start for rule in (*standard, *variants) if rule.start})
    contexts = {tuple(sorted(rule.when.items())): rule.when for rule in variants}
    for day in (None, *days):
        rates: dict[tuple[str, Conditions], ListRate] = {}
        _lay(rates, _split(_standard(standard, day)), {})
        for when in contexts.values():
            _lay(rates, _split(_overrides(variants, when, day)), when)
        yield (None if day is None else datetime.combine(day, time(), UTC)), rates


Cells = Sequence[tuple[clock.Window, PriceLadders]]  # the day in pieces, each with the prices that hold in it


def _standard(rules: Sequence[ConditionalPrices], day: date | None) -> Cells:
    """PriceLadders without a context: the last active rule; if none is active, the first of all."""
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
