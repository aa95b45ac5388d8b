"""What a comparison says of its prices beside the base price: steps, whose they are, since when, and how old."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction

from pyramid.request import Request

from llmpricing.domain.quotes.hours import HourTotal
from llmpricing.domain.quotes.standing_on import StandsOn
from llmpricing.services.catalogue.first_seen import late_prices
from llmpricing.services.catalogue.freshness import days_old
from llmpricing.services.catalogue.offering_detail import PriceDetail, prices_of
from llmpricing.services.catalogue.row_columns import BASE_METERS
from llmpricing.services.clocks import Clocks
from llmpricing.services.quotes.workloads import Workload
from llmpricing.web.known_then import leaves_out
from llmpricing.web.site import display
from llmpricing.web.site.compared_lines import DASH, ComparedLine
from llmpricing.web.site.hours_told import hours_range
from llmpricing.web.site.price_matrix import place
from llmpricing.web.site.stated_prices import StatedPrices

_ABOVE, _FROM, _APPLIES = "input_tokens_above", "input_tokens_from", "applies_to"
_FIRST_SEEN = frozenset({"undated", "first_observed"})
_SEEN, _UNDATED = "listed since", "no list says from when it is charged"
_OF_A_STEP = frozenset({_ABOVE, _FROM, _APPLIES})


def prices_then(
    request: Request, clocks: Clocks, slugs: Sequence[str], standing: StandsOn
) -> dict[str, list[PriceDetail]]:
    """The prices of these offerings that are shown at the time asked for, input before output."""
    found = prices_of(request.reads, request.book, clocks, slugs, standing)
    late: Collection[int] = ()
    if leaves_out(request):
        others = {one.evidence.via for prices in found.values() for one in prices if one.evidence.via}
        late = late_prices(request.reads, request.book, clocks, {*found, *others}, standing)
    return {
        slug: sorted((one for one in prices if one.price_id not in late), key=lambda one: place(one.meter))
        for slug, prices in found.items()
    }


def with_steps(line: ComparedLine, name: str, prices: Sequence[Sequence[PriceDetail]]) -> ComparedLine:
    """The line of a base price, with what each asks of longer requests: ``above 100K: $0.50``."""
    return replace(line, notes=tuple(_steps(BASE_METERS[name], of_one) for of_one in prices))


def _steps(meter: str, prices: Sequence[PriceDetail]) -> str:
    found = sorted((one for one in prices if one.meter == meter and _is_step(one)), key=_bound)
    return ", ".join(_step(one) for one in found)


def _is_step(price: PriceDetail) -> bool:
    conditions = price.conditions.keys()
    return price.amount is not None and price.currency == "USD" and bool(conditions) and conditions <= _OF_A_STEP


def _bound(price: PriceDetail) -> int:
    """The most input tokens that a request has below the step."""
    conditions = price.conditions
    return int(conditions[_ABOVE]) if _ABOVE in conditions else int(conditions[_FROM]) - 1


def _where(price: PriceDetail) -> str:
    conditions = price.conditions
    bound = f"above {display.tokens(conditions[_ABOVE])}" if _ABOVE in conditions else ""
    return bound or f"from {display.tokens(conditions[_FROM])} on"


def _step(price: PriceDetail) -> str:
    part = "" if price.conditions[_APPLIES] == "the whole request" else " (of the tokens beyond)"
    return f"{_where(price)}: {display.price((price.amount or Decimal(0)) * 10**6 / price.per)}{part}"


def with_reached_steps(line: ComparedLine, workload: Workload, prices: Sequence[Sequence[PriceDetail]]) -> ComparedLine:
    """The line of the month, which says where its requests are so long that the price of a step counts."""
    quantities = workload.quantities
    mean = Fraction(quantities["input_tokens"], max(workload.requests, 1))
    reached = [[one for one in of_one if _is_step(one) and mean > _bound(one)] for of_one in prices]
    told = [f"requests {_where(max(steps, key=_bound))}" if steps else "" for steps in reached]
    shown = (text if cell.startswith("$") else "" for text, cell in zip(told, line.cells, strict=True))
    return replace(line, notes=tuple(shown))


def with_hours(line: ComparedLine, hours: Sequence[Sequence[HourTotal]]) -> ComparedLine:
    """The line of the month, which says where it goes by the hour between what it lies."""
    told = [hours_range(of_one) if cell.startswith("$") else "" for of_one, cell in zip(hours, line.cells, strict=True)]
    return line.also(told)


def origin_lines(
    prices: Sequence[Sequence[PriceDetail]], stated: Sequence[StatedPrices], now: datetime
) -> list[ComparedLine]:
    """Whose list each one's base prices are of, how many figures of other lists agree, since when the prices are
    charged, and when a list said so last.
    """
    base = [[one for one in of_one if _is_base(one)] for of_one in prices]
    told: list[tuple[str, Callable[[PriceDetail], str]]] = [
        ("Price by", _source),
        ("Since", _since),
        ("Last listed", lambda price: _last_listed(price, now)),
    ]
    lines = [ComparedLine(title, [_together(of_one, write) for of_one in base]) for title, write in told]
    others = ComparedLine("Other lists", [_agreement(of_one) for of_one in stated], anchor="stated")
    return [lines[0], others, *lines[1:]]


def _agreement(stated: StatedPrices) -> str:
    """How many of the figures that other lists state beside those that count are the same."""
    if not stated.lines:
        return DASH
    if not stated.compared:
        return "none states these prices"
    return f"{stated.alike:,} of {display.count(stated.compared, 'figure')} the same"


def sources_of(prices: Mapping[str, Sequence[PriceDetail]]) -> frozenset[str]:
    """The lists that the base prices of all are of."""
    return frozenset(one.source for of_one in prices.values() for one in of_one if _is_base(one))


def lists_named(prices: Mapping[str, Sequence[PriceDetail]]) -> str:
    """The lists that the base prices of all are of, each with its day: ``genai-prices of 10 Nov 2026``."""
    newest: dict[str, date | None] = {}
    for one in (one for of_one in prices.values() for one in of_one if _is_base(one)):
        seen, before = one.evidence.last_seen, newest.get(one.source)
        newest[one.source] = max(seen, before) if seen and before else seen or before
    return ", ".join(f"{name} of {display.long_day(day)}" if day else name for name, day in sorted(newest.items()))


def _is_base(price: PriceDetail) -> bool:
    return price.amount is not None and not price.conditions and price.meter in BASE_METERS.values()


def _source(price: PriceDetail) -> str:
    source = display.stated_by(price.source)
    return f"{source}, that of {price.evidence.via}" if price.evidence.via else source


def _since(price: PriceDetail) -> str:
    """From when it is charged; the day on which a list was first seen with it is none on which it changed."""
    day = display.long_day(price.valid_from) if price.valid_from else ""
    if price.basis in _FIRST_SEEN:
        return f"{_SEEN} {day}; {_UNDATED}" if day else _UNDATED
    return ", ".join(filter(None, (day, display.basis(price.basis))))


def _last_listed(price: PriceDetail, now: datetime) -> str:
    day = price.evidence.last_seen
    if day is None:
        return DASH
    return f"{display.long_day(day)}, {display.age(days_old(datetime.combine(day, time(), UTC), now))}"


def _together(prices: Sequence[PriceDetail], write: Callable[[PriceDetail], str]) -> str:
    """What is written of all, once where it is the same of each; else behind the names of those that it is of."""
    by_text: dict[str, list[str]] = {}
    for price in prices:
        by_text.setdefault(write(price), []).append(display.words(price.meter).removesuffix(" tokens"))
    if len(by_text) < 2:
        return next(iter(by_text), DASH)
    return "; ".join(f"{' and '.join(meters)}: {text}" for text, meters in by_text.items())
