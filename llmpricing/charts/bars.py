"""Bars with what they say above them, however narrow the picture is: of amounts, also of such below zero."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from textwrap import wrap
from typing import Any, NamedTuple

from llmpricing.charts.chart import Chart, inline, position
from llmpricing.charts.theme import INK, QUIET, SERIES

NARROW_BARS = 280  # pixels, on a phone: no room beside the bars is taken
_SIGN, _LINE, _BAR, _GAP = 6.6, 16, 12, 14  # pixels: of a sign, of a line of words, of a bar, and between two bars
_MOST_LINES, _MOST_SIGNS = 2, 300
_LEAST = Decimal("1e-9")  # dollars: a sum below it has no axis that could be written


class Bar(NamedTuple):
    """``words`` stand above it, whose amount they tell; ``colour`` is one of the series."""

    words: str
    value: Decimal
    colour: int


class BarFacts(NamedTuple):
    """What a chart of bars says: its finding, a few sentences more, and its facts as a table."""

    finding: str
    about: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def bars_chart(facts: BarFacts, bars: Sequence[Bar], axis: str, width: int) -> Chart:
    """The chart of these bars in a picture of this width, ``axis`` below it."""
    lines = [_lines(bar.words, width) for bar in bars]
    most = max(map(len, lines), default=1)
    lines = [[""] * (most - len(one)) + one for one in lines]  # the last one stands at the bar
    above = most * _LINE
    return Chart(*facts, lambda _: _layers(bars, lines, above, axis), (above + _BAR + _GAP) * max(len(bars), 1))


def _lines(words: str, width: int) -> list[str]:
    signs = int(width / _SIGN)
    return wrap(words[:_MOST_SIGNS], signs, max_lines=_MOST_LINES, placeholder=" …") or [""]


def _layers(bars: Sequence[Bar], lines: Sequence[list[str]], above: int, axis: str) -> list[dict[str, Any]]:
    rows = [
        {"place": place, "value": position(bar.value), "words": words, "colour": SERIES[bar.colour]}
        for place, (bar, words) in enumerate(zip(bars, lines, strict=True))
    ]
    scale = {} if any(abs(bar.value) > _LEAST for bar in bars) else {"scale": {"domain": [0, 1]}}
    x = {"field": "value", "type": "quantitative", "title": axis, "axis": {"tickCount": 4, "format": "$,~r"}} | scale
    y = {"field": "place", "type": "ordinal", "axis": None, "sort": None, "scale": {"padding": 0}, "bandPosition": 0}
    colour = {"field": "colour", "type": "nominal", "scale": None}
    text = {"type": "text", "align": "left", "baseline": "top", "color": INK, "lineHeight": _LINE, "dy": 3}
    bar = {"type": "bar", "height": _BAR, "yOffset": above / 2 - 1}
    zero = {"type": "rule", "color": QUIET}
    of_bars = {name: value for name, value in y.items() if name != "bandPosition"}
    return [
        {"data": inline(rows), "mark": bar, "encoding": {"x": x, "y": of_bars, "color": colour}},
        {"data": inline([{"zero": 0}]), "mark": zero, "encoding": {"x": {"datum": 0}}},
        {"data": inline(rows), "mark": text, "encoding": {"x": {"value": 0}, "y": y, "text": {"field": "words"}}},
    ]
