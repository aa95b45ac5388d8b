"""The pictures of a bill: what it is wrong by, cause by cause, and what the same usage costs in the months to come."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from llmpricing.charts.bars import Bar, BarFacts, bars_chart
from llmpricing.charts.chart import Chart
from llmpricing.charts.figures import count, moved, near
from llmpricing.domain.money import to_text

MOST_BARS = 10
_TOO_MUCH, _TOO_LITTLE, _SAME, _CHANGED = 2, 3, 0, 2  # series
_CAUSES = ("cause", "money", "currency", "records", "share")
_MONTHS = ("month", "cost", "currency", "is_whole")


class CauseBar(NamedTuple):
    """A cause, what was logged too much by it in USD, in how many records, and its share of all that differs."""

    title: str
    money: Decimal
    records: int
    share: Decimal


class MonthBar(NamedTuple):
    """What usage costs at the prices of a time, in USD; not ``is_whole`` where some of it has no price then."""

    name: str
    cost: Decimal
    is_whole: bool = True


def causes_chart(causes: Sequence[CauseBar], width: int) -> Chart:
    """The chart of the causes of a difference, of which there is one at least, the largest first."""
    bars = [
        Bar(f"{moved(one.money)}: {_cut(one.title)}", one.money, _TOO_MUCH if one.money > 0 else _TOO_LITTLE)
        for one in causes[:MOST_BARS]
    ]
    rows = [[one.title, to_text(one.money), "USD", one.records, to_text(one.share)] for one in causes]
    first, more = causes[0], len(causes) - len(bars)
    share = f", {first.share * 100:.0f} % of what differs" if len(causes) > 1 else ""
    finding = f"{_cut(first.title)}: {moved(first.money)} in {count(first.records, 'record')}{share}"
    told = [bar.words for bar in bars] + ([f"and {count(more, 'smaller cause')}, in the table"] if more else [])
    axis = "logged too little (left) or too much (right)" if _both(causes) else _axis(first)
    return bars_chart(BarFacts(finding, f"{'. '.join(told)}.", _CAUSES, rows), bars, axis, width)


def months_chart(today: Decimal, months: Sequence[MonthBar], of_what: str, width: int) -> Chart:
    """The chart of the same usage at the prices of today and of months to come; ``of_what`` says how much it is."""
    bars = [Bar(f"At today's prices: {near(today)}", today, _SAME)]
    bars += [
        Bar(f"{one.name}: {near(one.cost)}{_beside(one, today)}", one.cost, _SAME if one.cost == today else _CHANGED)
        for one in months
    ]
    rows = [["today", to_text(today), "USD", True]]
    rows += [[one.name, to_text(one.cost), "USD", one.is_whole] for one in months]
    facts = BarFacts(_finding(today, months), f"{'. '.join(bar.words for bar in bars)}.", _MONTHS, rows)
    return bars_chart(facts, bars, of_what, width)


def _cut(title: str) -> str:
    return title if len(title) <= 120 else f"{title[:119]}…"


def _both(causes: Sequence[CauseBar]) -> bool:
    shown = causes[:MOST_BARS]
    return any(one.money > 0 for one in shown) and any(one.money < 0 for one in shown)


def _axis(first: CauseBar) -> str:
    return "logged too much" if first.money > 0 else "logged too little"


def _beside(one: MonthBar, today: Decimal) -> str:
    if not one.is_whole:
        return ", without what has no price then"
    return f" ({(one.cost / today - 1) * 100:+.1f} %)" if today and one.cost != today else ""


def _finding(today: Decimal, months: Sequence[MonthBar]) -> str:
    changed = next((one for one in months if one.cost != today or not one.is_whole), None)
    if changed is None:
        return f"No announced price changes what this usage costs: {near(today)}"
    if not changed.is_whole:
        return f"Some of this usage has no price in {changed.name}; the rest costs {near(changed.cost)}"
    return f"In {changed.name} this usage costs {near(changed.cost)}{_beside(changed, today)}, today {near(today)}"
