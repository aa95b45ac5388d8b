"""Charts within a page that is not kept: drawn into it, one for a wide screen and one for a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from markupsafe import Markup

from llmpricing.charts.bars import NARROW_BARS
from llmpricing.charts.chart import WIDTH, Chart
from llmpricing.charts.renderer import ChartRenderer, ChartsAwayError, can_draw
from llmpricing.charts.theme import worded

NOT_INSTALLED = "No chart is drawn, for vl-convert is not installed; the table tells the same."
NOT_NOW = "The chart cannot be drawn now; the table tells the same."
_WIDTHS = {"wide": WIDTH, "narrow": NARROW_BARS}


class EmbeddedChart(NamedTuple):
    """What a chart finds, in words, and its picture as HTML; ``note`` says why there is none."""

    finding: str
    picture: Markup
    note: str = ""


def embedded(charts: Mapping[str, Callable[[int], Chart]], renderer: ChartRenderer) -> dict[str, EmbeddedChart]:
    """Charts by their names, which become ids of the page, each made for a width. One that fails is the last asked for:
    a page waits for no more than one.
    """
    found: dict[str, EmbeddedChart] = {}
    note = "" if can_draw() else NOT_INSTALLED
    for name, build in charts.items():
        picture = Markup()
        try:
            picture = Markup() if note else _picture(name, build, renderer)
        except ChartsAwayError:
            note = NOT_NOW
        found[name] = EmbeddedChart(build(WIDTH).finding, picture, note)
    return found


def _picture(name: str, build: Callable[[int], Chart], renderer: ChartRenderer) -> Markup:
    drawn = []
    for kind, width in _WIDTHS.items():
        chart = build(width)
        svg = worded(renderer.draw(chart.specification(width)), f"{name}-{kind}", chart.finding, chart.about)
        drawn.append(f'<div class="{kind}">{svg}</div>')
    return Markup("".join(drawn))  # noqa: S704 - vl-convert and worded escape what they write
