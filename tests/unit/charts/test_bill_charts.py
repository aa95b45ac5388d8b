"""What the charts of a bill draw and say, before anything is rendered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from llmpricing.charts.bill import MOST_BARS, CauseBar, MonthBar, causes_chart, months_chart
from llmpricing.charts.chart import WIDTH, Chart

STEP = CauseBar("the context step ignored", Decimal("-4.130486"), 6, Decimal("0.67"))
CACHE = CauseBar("cached tokens at the full input price", Decimal("1.2"), 1, Decimal("0.33"))


def bars(chart: Chart, width: int = WIDTH) -> list[dict[str, Any]]:
    return list(chart.layers(width)[0]["data"]["values"])


def words(chart: Chart) -> list[str]:
    return [" ".join(bar["words"]).strip() for bar in bars(chart)]


def test_a_bar_is_as_long_as_its_money_and_says_it_above() -> None:
    chart = causes_chart([STEP, CACHE], WIDTH)
    assert words(chart) == ["-$4.13: the context step ignored", "+$1.20: cached tokens at the full input price"]
    assert [bar["value"] for bar in bars(chart)] == [-4.130486, 1.2]
    assert len({bar["colour"] for bar in bars(chart)}) == 2
    assert chart.finding == "the context step ignored: -$4.13 in 6 records, 67 % of what differs"
    assert [row[1] for row in chart.rows] == ["-4.130486", "1.2"]
    assert causes_chart([CACHE], WIDTH).finding == "cached tokens at the full input price: +$1.20 in 1 record"


def test_what_is_smaller_than_the_largest_is_counted_and_stands_in_the_table() -> None:
    chart = causes_chart([STEP] * (MOST_BARS + 3), WIDTH)
    assert len(bars(chart)) == MOST_BARS
    assert len(chart.rows) == MOST_BARS + 3
    assert "and 3 smaller causes, in the table." in chart.about


@pytest.mark.parametrize("title", ["x" * 500_000, "word " * 100_000, "", "<b>&"])
def test_a_long_title_takes_two_lines_and_never_the_amount(title: str) -> None:
    chart = causes_chart([STEP._replace(title=title)], 280)
    (bar,) = bars(chart, 280)
    assert len(bar["words"]) <= 2
    assert " ".join(bar["words"]).strip().startswith("-$4.13")
    assert len(chart.finding) < 200
    assert chart.height < 100


def test_months_say_what_an_announced_price_does_and_what_has_none() -> None:
    same, dearer = MonthBar("Dec 2026", Decimal("1.23")), MonthBar("Jan 2027", Decimal("1.353"))
    chart = months_chart(Decimal("1.23"), [same, dearer], "the usage of this one day", WIDTH)
    assert words(chart) == ["At today's prices: $1.23", "Dec 2026: $1.23", "Jan 2027: $1.35 (+10.0 %)"]
    assert chart.finding == "In Jan 2027 this usage costs $1.35 (+10.0 %), today $1.23"
    lacking = MonthBar("Dec 2026", Decimal("1"), is_whole=False)
    chart = months_chart(Decimal("1.23"), [lacking], "", WIDTH)
    assert words(chart)[1] == "Dec 2026: $1.00, without what has no price then"
    assert chart.finding == "Some of this usage has no price in Dec 2026; the rest costs $1.00"
    assert months_chart(Decimal("1.23"), [same], "", WIDTH).finding.startswith("No announced price changes")


def test_usage_that_costs_nothing_has_an_axis() -> None:
    chart = months_chart(Decimal(0), [MonthBar("Dec 2026", Decimal(0))], "", WIDTH)
    assert chart.layers(WIDTH)[0]["encoding"]["x"]["scale"] == {"domain": [0, 1]}
    assert words(chart) == ["At today's prices: $0.00", "Dec 2026: $0.00"]
